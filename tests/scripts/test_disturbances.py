"""The checks of `scripts/faults.py` see what is wrong."""

from __future__ import annotations

import random
import sys

import pytest

from camfolio.store.artefacts import MANIFEST, Ingredients, Store
from disturbances.builds import Ended, begun, noting, run
from disturbances.checks import Tally, half_written, is_whole
from disturbances.damage import KINDS, chosen
from faults import table


@pytest.fixture
def artefact(tmp_path):
    ingredients = Ingredients(stage="number", parameters={}, inputs={}, code={}, libraries={})
    return Store(tmp_path / "store").make(ingredients, lambda out: (out / "number.txt").write_bytes(b"4" * 100))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_every_kind_of_damage_makes_a_result_half_written(artefact, tmp_path, kind, seed):
    assert is_whole(artefact.folder, artefact.manifest)
    assert list(half_written(tmp_path / "store")) == []
    kind(artefact / "number.txt", random.Random(seed))
    assert not is_whole(artefact.folder, artefact.manifest)
    assert list(half_written(tmp_path / "store")) == [f"number/{artefact.folder.name}"]


def test_files_of_a_result_and_its_manifest_are_damaged(artefact):
    names = {chosen(artefact, random.Random(seed)).name for seed in range(20)}
    assert names == {"number.txt", MANIFEST}


def test_a_result_without_manifest_is_half_written_and_one_that_is_being_computed_is_not(artefact, tmp_path):
    (artefact.folder / MANIFEST).unlink()
    assert list(half_written(tmp_path / "store")) == [f"number/{artefact.folder.name}"]
    artefact.folder.rename(artefact.folder.with_suffix(".part"))
    assert list(half_written(tmp_path / "store")) == []


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        ("INFO\ncamfolio: Expected room.\n", 1, True),
        ("camfolio: Expected room.\n", 0, False),
        ("", 1, False),
        ("Traceback\ncamfolio: Expected room.\n", 1, False),
        ("Exception ignored in\ncamfolio: Expected room.\n", 1, False),
        ("camfolio: Expected room.\ncamfolio: Expected time.\n", 1, False),
        ("camfolio: Expected room.\nmore\n", 1, False),
        ("camfolio: Expected room.\n", -9, False),
    ],
)
def test_a_sentence_is_one_last_line_of_a_failure(said, status, expected):
    assert Ended(status, said).is_sentence is expected


def test_what_a_build_begins_is_noted_and_its_clock_is_wrong(tmp_path, monkeypatch):
    for name, value in noting(tmp_path / "notes.txt", -(10**9)).items():
        monkeypatch.setenv(name, value)
    code = "import os, sys, time; os.makedirs('number/k.part'); os.mkdir('other'); sys.exit(time.time() > 1e9)"
    monkeypatch.chdir(tmp_path)
    assert run([sys.executable, "-c", code]) == Ended(0, "")
    assert begun(tmp_path / "notes.txt") == ["number"]


@pytest.mark.parametrize(
    ("tally", "line"),
    [
        (Tally(tried=3, orphans=1), ["x", "3", "1", "0", "0"]),
        (Tally(tried=3, half_written=1), ["x", "3", "0", "1", "0"]),
        (Tally(tried=3, others=1), ["x", "3", "0", "0", "1"]),
        (Tally(tried=3, remarks=["odd"]), ["x", "3", "0", "0", "0", "x:", "odd"]),
    ],
)
def test_whatever_is_wrong_is_wrong_and_in_the_table(tally, line):
    assert tally.wrong
    assert table({"x": tally}).split("results\n")[1].split() == line


def test_what_cannot_be_tried_is_not_wrong_and_in_the_table():
    tally = Tally(impossible="disks cannot be mounted here")
    assert not tally.wrong
    assert table({"x": tally}).split("results\n")[1].split(maxsplit=1) == ["x", "disks cannot be mounted here\n"]
