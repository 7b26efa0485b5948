"""A result beside its recomputation, with a tiny chain of stages in a record."""

from __future__ import annotations

import json

import pytest

from camfolio.commands.verify.compared import CLOSE, DAMAGED, DIFFERENT, IDENTICAL, TAKEN, UNSEEN, compared
from camfolio.store.artefacts import Artefact, Ingredients, Manifest
from camfolio.store.files import file_digest
from camfolio.store.record import Record, Recorded

INGREDIENTS = Ingredients(stage="evaluation", parameters={}, inputs={}, code={}, libraries={})


@pytest.fixture
def result(tmp_path):
    """`result("here", auc=0.9)`: a result with one file, in a folder of that name."""

    def write(name: str, file: str = "evaluation.json", processor: str = "", **values) -> Artefact:
        folder = tmp_path / name
        folder.mkdir()
        (folder / file).write_text(json.dumps(values), encoding="utf-8")
        outputs = {file: file_digest(folder / file)}
        manifest = Manifest(key="0" * 64, ingredients=INGREDIENTS, outputs=outputs, seconds=1.0, processor=processor)
        return Artefact(folder, manifest)

    return write


def record_of(recorded: Artefact | None = None, *, kept: bool = False, processor: str = "x") -> Record:
    """A record of one result, or of none."""
    if recorded is None:
        return Record()
    outputs = recorded.manifest.outputs
    entry = Recorded(key="0" * 64, outputs=outputs, seconds=1.0, computed="2026-01-01", processor=processor, kept=kept)
    return Record(stages={"evaluation": entry})


def verdict(known, before, after, *, tolerance=0.01, quick=False) -> str:
    return compared(known, "evaluation", before, after, tolerance, quick=quick).verdict


@pytest.mark.parametrize(("auc", "expected"), [(0.9, IDENTICAL), (0.901, CLOSE), (0.8, DIFFERENT), (None, DIFFERENT)])
@pytest.mark.parametrize("is_recorded", [False, True])
def test_a_result_is_as_equal_as_its_numbers(result, auc, expected, is_recorded):
    here = result("here", auc=0.9)
    known = record_of(here if is_recorded else None)
    assert verdict(known, here, result("again", auc=auc)) == expected


def test_the_tolerance_decides(result):
    here, again = result("here", auc=0.9), result("again", auc=0.8)
    assert verdict(record_of(), here, again, tolerance=0.2) == CLOSE
    assert verdict(record_of(), here, again, tolerance=0.1) == DIFFERENT


def test_what_is_recorded_counts_and_not_what_this_processor_gives(result):
    recorded, here = result("recorded", auc=0.9), result("here", auc=0.901)
    assert verdict(record_of(recorded), here, result("again", auc=0.901)) == UNSEEN
    assert verdict(record_of(recorded, processor="y"), here, result("same", auc=0.901, processor="y")) == DIFFERENT
    assert verdict(record_of(recorded), here, result("other", auc=0.902)) == DIFFERENT
    (recorded.folder / "evaluation.json").replace(here.folder / "evaluation.json")
    whole = Artefact(here.folder, recorded.manifest)
    assert verdict(record_of(recorded), whole, result("once", auc=0.9)) == IDENTICAL


def test_pictures_may_differ_where_the_recorded_ones_are_not_here(result):
    recorded, here = result("recorded", file="light.png", auc=0.9), result("here", file="light.png", auc=0.901)
    known = record_of(recorded, processor="y")
    assert verdict(known, here, result("again", file="light.png", auc=0.901, processor="y")) == UNSEEN


def test_a_stored_file_that_was_changed_is_damaged(result):
    here, again = result("here", auc=0.9), result("again", auc=0.9)
    (here.folder / "evaluation.json").write_text("{}", encoding="utf-8")
    found = compared(record_of(), "evaluation", here, again, 0.01, quick=False)
    assert (found.verdict, found.files) == (DAMAGED, ("evaluation.json",))


def test_kept_results_are_not_recomputed_in_a_quick_run(result):
    here, again = result("here", auc=0.9), result("again", auc=0.9)
    assert verdict(record_of(here, kept=True), here, again, quick=True) == TAKEN
    assert verdict(record_of(here, kept=True), here, again) == IDENTICAL
    absent = Artefact(here.folder.parent / "nowhere", here.manifest)
    assert verdict(record_of(here), absent, absent, quick=True) == TAKEN
