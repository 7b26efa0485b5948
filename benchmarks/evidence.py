"""Time of the evidence by stage, and its memory by number of slices.

Usage: python benchmarks/evidence.py   (phantom slices, a network of width 16 with random weights, settings of the
default study; prints seconds for 500 test slices, without training, and peak memory for 128 and 512)
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
STUDY = PROJECT / "gen" / "studies" / "lung-nodules.yaml"
TIMED = 500
MEASURED = (128, 512)
JUDGING = (
    "localisation",
    "faithfulness",
    "by_class",
    "masking",
    "scoreboard",
    "randomisation",
    "retrained",
    "stability",
)
LIMIT_S, GROWTH_MB = 180, 50


def prepare(folder: Path, wanted: int) -> None:
    """Write slices, a split with the given size of the test part, and untrained networks."""
    import numpy as np
    import torch

    from camfolio.data.sources import lidc_phantom
    from camfolio.network.architecture import make_network
    from camfolio.network.weights import save_network

    settings = {"statistic": "median", "min_readers": 3, "slices_per_nodule": 3, "size": 32, "spacing_mm": 1.0}
    slices, _ = lidc_phantom.read(**settings, seed=7)
    few = slices.select(np.arange(wanted + 64))
    for name in ("slices", "split", "training", "retrained-training"):
        (folder / name).mkdir()
    few.save(folder / "slices" / "slices.npz")
    part = np.where(np.arange(len(few)) < wanted, "test", "train")
    np.save(folder / "split" / "part.npy", part)
    for seed, name in enumerate(("training", "retrained-training")):
        torch.manual_seed(seed)
        save_network(make_network(width=16, blocks=(2, 2, 2, 2)), folder / name / "network.safetensors")


def run_stages(folder: Path, overrides: list[str], names: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """Wall and processor seconds of each stage without imports; printed to standard error as they are measured."""
    from pydantic import validate_call

    from camfolio.study.file import read_study

    study = read_study(STUDY, ["network.width=16", *overrides])
    given: dict[str, Any] = {
        name: getattr(study, name) for name in ("network", "explanation", "evaluation", "evidence")
    }
    given |= {"seed": study.seed, "threads": study.training.threads, "accelerator": "cpu"}
    seconds = {}
    for name in names:
        run = import_module(f"camfolio.stages.{name}").run
        wanted = list(run.__annotations__)
        out = folder / name
        out.mkdir()
        places: Mapping[str, Path] = {one: folder / one for one in wanted if (folder / one).is_dir()}
        if name == "retrained":
            places = {**places, "training": folder / "retrained-training"}
        start = time.perf_counter(), time.process_time()
        validate_call(run)(out=out, **places, **{key: value for key, value in given.items() if key in wanted})
        seconds[name] = time.perf_counter() - start[0], time.process_time() - start[1]
        print(f"{name:<16}{seconds[name][0]:8.1f} s{seconds[name][1]:8.1f} s of processor", file=sys.stderr)
    return seconds


def measure(wanted: int, overrides: list[str], names: tuple[str, ...]) -> dict[str, Any]:
    """In a new process: seconds by stage, forward passes of `faithfulness`, and peak memory in MB."""
    order = json.dumps([wanted, overrides, names])
    command = [sys.executable, __file__, order]
    asleep = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}  # as the workers of a build
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=asleep)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def child(wanted: int, overrides: list[str], names: tuple[str, ...]) -> None:
    """The program that `measure` starts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, wanted)
        run_stages(folder, overrides, ("explanations",))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds = run_stages(folder, overrides, names)
        passes = json.loads((folder / "faithfulness" / "faithfulness.json").read_text())["passes"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "passes": passes, "before": before, "peak": peak}))


def main() -> None:
    """Print the table."""
    timed = measure(TIMED, [], JUDGING)
    # Maps by two further trainings: `retrained` runs twice.
    times = {name: 2 if name == "retrained" else 1 for name in JUDGING}
    wall, busy = (sum(times[name] * timed["seconds"][name][i] for name in JUDGING) for i in (0, 1))
    passes = timed["passes"]
    print(f"{'all':<16}{wall:8.1f} s of {LIMIT_S},{busy:8.1f} s of processor ({passes} passes in faithfulness)")
    peaks = []
    for wanted in MEASURED:
        all_of_them = [f"evidence.slices={wanted}", f"evidence.faithfulness.slices={wanted}"]
        quick = ["explanation.methods=[grad_cam]", "evidence.faithfulness.steps=[0.2]", "evidence.stability.draws=1"]
        quick += ["explanation.layers=[layer2.1.conv2]", "evidence.faithfulness.road_steps=[0.2,0.5]"]
        found = measure(wanted, all_of_them + quick, JUDGING)
        peaks.append(found["peak"])
        print(f"{wanted} slices: {found['peak']:.0f} MB at most, {found['before']:.0f} MB before")
    print(f"growth: {peaks[1] - peaks[0]:.0f} MB of {GROWTH_MB}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(*json.loads(sys.argv[1]))
    else:
        main()
