"""The tiny study in a fresh clone: with recorded and kept results its pages are the same, and no network is trained."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from camfolio.pipeline.portfolio import inspect_study, open_portfolio
from camfolio.pipeline.recording import Rule, check_record, record_study
from camfolio.site.pages import make_site
from camfolio.site.recorded import not_recorded
from camfolio.store.artefacts import Store
from camfolio.store.record import Record, read_record

NOTE = "These results are not the recorded ones:"


@pytest.fixture
def recorded(portfolio, store, tiny_study, tmp_path):
    """A copy of the study with its results recorded, all of them kept that a clone needs."""
    for file in tiny_study.parent.glob("*"):
        if file.is_file():
            shutil.copyfile(file, tmp_path / file.name)
    study = tmp_path / tiny_study.name
    record_study(study, store, Rule(seconds=0.0))
    return study


@pytest.mark.slow
def test_a_clone_has_the_same_pages_and_trains_no_network(recorded, store, tiny_study, copy_project, tmp_path):
    project = copy_project(tmp_path / "project")
    clone = Store(tmp_path / "clone")
    check_record(recorded, clone)
    there = {page.path: page.content for page in make_site(project, clone, [recorded]).pages}
    words = {state.stage.name: state.word for state in inspect_study(recorded, clone)}
    assert {name for name, word in words.items() if word == "recorded"} >= {"training-permuted-1", "training-seed-1"}
    assert not set(words.values()) - {"fresh", "recorded"}
    here = {page.path: page.content for page in make_site(project, store, [recorded]).pages}
    assert there == here


def test_a_figure_says_which_kept_results_it_was_drawn_from(recorded, store, copy_project, tmp_path):
    project = copy_project(tmp_path / "project")
    pages = {page.path: page.content.decode() for page in make_site(project, store, [recorded]).texts}
    text = pages["tiny/index.md"]
    entry = inspect_study(recorded, store)[0]
    assert "<dt>Kept: evaluation</dt><dd>computed on" in text
    assert entry.recorded is not None
    assert entry.recorded.processor in text


def change_record(study, stage, **values):
    """Another result of a stage in the results file."""
    file = study.with_suffix(".results.json")
    content = json.loads(file.read_text(encoding="utf-8"))
    content["stages"][stage] |= values
    file.write_text(json.dumps(content), encoding="utf-8")


def test_pages_with_the_recorded_results_have_no_note(recorded, store, copy_project, tmp_path, no_worker):
    pages = make_site(copy_project(tmp_path / "project"), store, [recorded]).texts
    assert [page.path for page in pages if NOTE in page.content.decode()] == []


def test_every_page_says_that_a_result_is_not_the_recorded_one(recorded, store, copy_project, tmp_path, no_worker):
    change_record(recorded, "figure-roc", outputs={"light.svg": "0" * 64})
    change_record(recorded, "card", key="0" * 64)
    pages = {page.path: page for page in make_site(copy_project(tmp_path / "project"), store, [recorded]).texts}
    made = open_portfolio(recorded, store).artefacts["figure-roc"].manifest
    for name in ("index", "try", "evidence", "reporting", "explorer", "data", "model"):
        text = " ".join(pages[f"tiny/{name}.md"].content.decode().split())
        assert f"{NOTE} <code>figure-roc</code> and 1 later step were computed for this site (" in text, name
    assert made.computed in text
    assert [
        path for path, page in pages.items() if NOTE in page.content.decode() and not path.startswith("tiny/")
    ] == []


def test_overrides_give_results_that_are_not_the_recorded_ones(recorded, store):
    portfolio = open_portfolio(recorded, store)
    assert not_recorded(portfolio) is None
    keys = {name: one.model_copy(update={"key": "0" * 64}) for name, one in portfolio.record.stages.items()}
    overridden = replace(portfolio, record=portfolio.record.changed(keys))
    found = not_recorded(overridden)
    assert found is not None
    assert found.stages == tuple(portfolio.artefacts)
    assert found.later == len(portfolio.artefacts) - 1


def test_a_study_without_a_results_file_has_no_note(portfolio):
    assert not_recorded(portfolio) is None
    assert not_recorded(replace(portfolio, record=Record())) is None


def test_results_from_nothing_are_compared_with_the_results_file(recorded, store):
    anew = read_record(recorded, Store(store.root, anew=True))
    portfolio = replace(open_portfolio(recorded, store), record=anew)
    assert not_recorded(portfolio) is None
    change_record(recorded, "training", outputs={"network.onnx": "0" * 64})
    found = not_recorded(portfolio)
    assert found is not None
    assert (found.first, found.later) == ("training", 0)
