"""Builds of a whole small study that are killed at random moments."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "faults.py"
STUDY = {
    "title": "Discs",
    "excerpt": "Discs on lung.",
    "data": {"source": "npz", "path": "tiny.npz"},
    "split": {"train": 0.5, "validation": 0.2, "test": 0.3},
    "network": {"width": 4, "blocks": [1, 1, 1, 1]},
    "training": {"max_epochs": 1, "batch_size": 8, "threads": 1, "ensemble": 1},
    "evaluation": {"resamples": 100},
    "explanation": {"methods": ["grad_cam"], "layers": ["layer2.0.conv2"]},
    "evidence": {
        "slices": 6,
        "seeds": 0,
        "permuted_labels": 0,
        "faithfulness": {"slices": 6, "steps": [0.2, 0.5], "road_steps": [0.2, 0.5]},
    },
}


FAULTS = ["--kills", "12", "--builds", "2", "--disk", "1", "--read-only", "--damage", "1", "--clock"]
TRIED = {"kills": 12, "builds": 2, "disk": 1, "read-only": 4, "damage": 42, "clock": 4}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_disturbed_builds_leave_nothing_half_written_no_process_and_the_same_results(tiny_npz, tmp_path):
    tiny_npz(n=48)
    study = tmp_path / "tiny.yaml"
    study.write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    command = [sys.executable, str(SCRIPT), str(study), *FAULTS]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2400)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = dict(line.split(maxsplit=1) for line in ran.stdout.splitlines()[1:])
    assert list(lines) == list(TRIED)
    impossible = [name for name, line in lines.items() if "cannot be mounted here" in line]
    assert {name: line.split() for name, line in lines.items() if name not in impossible} == {
        name: [str(times), "0", "0", "0"] for name, times in TRIED.items() if name not in impossible
    }
    if impossible:
        pytest.skip("disks cannot be mounted here")
