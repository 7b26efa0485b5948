"""The report of `camfolio verify --to`: what differs between the tiny study's results and changed ones."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from camfolio.commands.verify.compared import CLOSE, DIFFERENT, Verification, compared
from camfolio.commands.verify.report import write_report
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.selection import CasesResult
from camfolio.store.artefacts import MANIFEST, Artefact, manifest_of
from camfolio.store.record import Record, Recorded


@pytest.fixture
def verification(portfolio, tmp_path):
    """`verification(evaluation=change)`: the tiny study beside one whose evaluation was changed by `change(folder)`."""

    def make(record: Record = portfolio.record, **changes) -> Verification:
        known, artefacts = replace(portfolio, record=record), dict(portfolio.artefacts)
        for stage, change in changes.items():
            folder = shutil.copytree(artefacts[stage].folder, tmp_path / stage)
            (folder / MANIFEST).unlink()
            change(folder)
            artefacts[stage] = Artefact(folder, manifest_of(folder, artefacts[stage].manifest.ingredients, 1.0))
        results = [
            compared(record, name, artefact, artefacts[name], 0.01, quick=False)
            for name, artefact in portfolio.artefacts.items()
        ]
        return Verification(known, replace(portfolio, artefacts=artefacts), results, 0.01, quick=False)

    return make


@pytest.fixture
def report(tmp_path, monkeypatch):
    """`report(verification)`: the report's text, white space collapsed, and the names of all files."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    def write(found: Verification) -> tuple[str, list[str]]:
        files = write_report(found, tmp_path / "reports")
        return " ".join(files[0].read_text(encoding="utf-8").split()), [file.name for file in files]

    return write


def other_auc(folder):
    """An AUC that is a little higher."""
    evaluation = EvaluationResult.read(folder)
    auc = evaluation.metrics["auc"]
    metrics = {**evaluation.metrics, "auc": auc.model_copy(update={"value": (auc.value or 0) + 0.001})}
    evaluation.model_copy(update={"metrics": metrics}).write(folder)


def other_example(folder):
    """A good example of Grad-CAM that is another slice."""
    cases = CasesResult.read(folder)
    chosen = cases.methods["grad_cam"].cases
    changed = {**chosen, "good": chosen["bad"]}
    methods = {**cases.methods, "grad_cam": cases.methods["grad_cam"].model_copy(update={"cases": changed})}
    cases.model_copy(update={"methods": methods}).write(folder)


def other_map(folder):
    """A map of Grad-CAM with one pixel that is larger by half of the largest."""
    maps = LayerMaps.read(folder)
    signed = {key: np.array(values) for key, values in maps.signed.items()}
    signed["grad_cam"][5, 0, 0] += 0.5 * np.abs(signed["grad_cam"]).max()
    LayerMaps(signed, maps.targets, maps.logits, maps.centres).write(folder)


def test_a_report_lists_metrics_examples_and_maps(verification, report, portfolio, tmp_path):
    found = verification(evaluation=other_auc, selection=other_example, explanations=other_map)
    text, files = report(found)
    assert files == ["tiny-differences.md", "tiny-differences.png"]
    assert "| Date | 2023-11-14 |" in text
    verdicts = {result.stage: result.verdict for result in found.changed}
    assert verdicts == {"evaluation": CLOSE, "selection": DIFFERENT, "explanations": DIFFERENT}
    assert re.search(r"\| metrics\.auc \| \S+ \(\S+ to \S+\) \| \S+ \(\S+ to \S+\) \| 0\.001 \|", text)
    chosen = CasesResult.read(portfolio.artefacts["selection"].folder).methods["grad_cam"].cases
    assert f"| grad_cam | good | {chosen['good'].id} | {chosen['bad'].id} |" in text
    ids = portfolio.artefacts["explorer"].json("explorer.json")["id"]
    assert re.search(rf"\| explanations \| grad_cam \| \d+ % \| {ids[5]} \|", text)
    assert "hires_cam" not in text.partition("## Maps")[2]
    with Image.open(tmp_path / "reports" / files[1]) as picture:
        assert min(picture.size) > 200


@pytest.mark.parametrize("change", [{"evaluation": other_auc}, {"explanations": other_map}])
def test_a_picture_has_what_differs(verification, report, change):
    text, files = report(verification(**change))
    assert f"]({files[1]})" in text


def test_nothing_differs_and_no_picture_stays_from_an_earlier_time(verification, report, tmp_path):
    report(verification(evaluation=other_auc))
    text, files = report(verification())
    assert files == ["tiny-differences.md"]
    assert "Nothing differs" in text
    assert [file.name for file in (tmp_path / "reports").iterdir()] == files


def test_recorded_files_that_are_not_here_are_named(verification, report, portfolio):
    made = portfolio.artefacts["evaluation"].manifest
    entry = Recorded(
        key=made.key, outputs={"evaluation.json": "0" * 64}, seconds=1.0, computed="2026-01-01", processor="Other CPU"
    )
    text, files = report(verification(Record(stages={"evaluation": entry})))
    assert files == ["tiny-differences.md"]
    assert "The recorded files are not here, only their digests, for evaluation." in text
    assert "| Recorded on | Other CPU, 2026-01-01 |" in text
    assert "1 not comparable" in text


def test_the_summary_fits_a_log(verification, portfolio):
    count = len(portfolio.artefacts)
    assert verification().summary == f"tiny: {count} results: {count} identical."
    changed = verification(evaluation=other_auc)
    assert re.fullmatch(
        rf"tiny: {count} results: {count - 1} identical, 1 close \(largest difference 0\.\d+ %\)\.", changed.summary
    )
    assert changed.bad == 0


def test_a_wrong_date_is_an_error(verification, report, monkeypatch):
    found = verification()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    with pytest.raises(Exception, match=r"Expected seconds since 1970 in SOURCE_DATE_EPOCH, but got 'today'\."):
        report(found)
