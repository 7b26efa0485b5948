"""Damaged results and caches of the tiny study: a strict build mends them, says so, and publishes the same site."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from camfolio.store.files import file_digest


def flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def improve(file: Path) -> None:
    """Edit the AUC to 0.999."""
    numbers = json.loads(file.read_text(encoding="utf-8"))
    numbers["metrics"]["auc"]["value"] = 0.999
    file.write_text(json.dumps(numbers, indent=1), encoding="utf-8")


def flip_signs(file: Path) -> None:
    np.save(file, -np.load(file))


def empty(file: Path) -> None:
    file.write_bytes(b"")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "faithfulness/scores.npz": flip_a_byte,
    "evaluation/evaluation.json": improve,
    "predictions/logits.npy": flip_signs,
    "figure-roc/light.svg": empty,
    "scoreboard/scoreboard.json": empty,
    "localisation/maps.npz": Path.unlink,
}
"""Stage/file -> what happens to it. The evaluation is computed again from the logits, which were damaged, too."""


def digests(store: Path) -> dict[str, str]:
    """Digests of all results' files."""
    files = [file for file in sorted(store.glob("[!.]*/*/*")) if file.name != "manifest.json"]
    return {file.relative_to(store).as_posix(): file_digest(file) for file in files}


def published(site: Path) -> dict[str, bytes]:
    """All pages and pictures, without the day of the build."""
    files = [
        file for file in sorted(site.rglob("*")) if file.is_file() and file.suffix in {".html", ".svg", ".png", ".csv"}
    ]
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in files}


@pytest.mark.slow
def test_a_strict_build_mends_what_is_damaged_says_so_and_publishes_the_same(built, copy_project, python, tmp_path):
    project = copy_project(tmp_path / "project")
    # Variants of the study, which other tests build in the same store, would stay as they are damaged.
    assert python("-m", "camfolio.cli", "clean", folder=project).status == 0
    whole = digests(project / "artifacts")
    for name, damage in DAMAGES.items():
        stage, _, file = name.partition("/")
        (found,) = (project / "artifacts" / stage).glob(f"*/{file}")
        damage(found)
    assert digests(project / "artifacts") != whole
    ran = python("-m", "mkdocs", "build", "--strict", folder=project, SOURCE_DATE_EPOCH="1700000000")
    assert ran.status == 0, ran.err
    said = " ".join(ran.err.split())
    for name in DAMAGES:
        stage, _, file = name.partition("/")
        words = f"artifacts/{stage}/[0-9a-f]+ as it was finished, but {file} (has other bytes|is missing). It is computed again"
        assert re.search(words, said)
    assert digests(project / "artifacts") == whole
    assert published(project / "site") == published(built.site)
