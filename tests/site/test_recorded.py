"""The tiny study in a fresh clone: with recorded and kept results its pages are the same, and no network is trained."""

from __future__ import annotations

import shutil

import pytest

from camfolio.pipeline.portfolio import inspect_study
from camfolio.pipeline.recording import Rule, check_record, record_study
from camfolio.site.pages import make_site
from camfolio.store.artefacts import Store


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
    assert {name for name, word in words.items() if word == "recorded"} >= {"training-permuted", "training-seed-1"}
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
