"""Stages of the page on which a network runs: one graph per network that it offers, and none if the study has no such page."""

from __future__ import annotations

import pytest

from camfolio.pipeline.contents import stages
from camfolio.pipeline.live import live_networks
from camfolio.study.settings import Study

DATA = {"title": "t", "excerpt": "e", "data": {"source": "lidc-phantom"}}
KINDS = {"network": {}, "shortcut": {"shortcut": {"cues": ["tag", "blur"], "seeds": 2}}}


def table(**changed):
    return {stage.name: stage for stage in stages(Study.model_validate(DATA | changed))}


def test_a_network_runs_as_it_was_trained():
    found = table()
    assert found["browser"].upstream == {"slices": "slices", "split": "split", "training": "training"}
    assert found["try"].upstream["predictions"] == "predictions"


def test_of_a_shortcut_run_the_first_clean_network_and_one_for_every_cue():
    found = table(**KINDS["shortcut"])
    assert [name for name in found if name.startswith("browser")] == ["browser-clean", "browser-tag", "browser-blur"]
    assert found["browser-tag"].upstream == {"slices": "planting-tag", "split": "split", "training": "training-tag-0"}
    assert found["browser-clean"].upstream["slices"] == "slices"
    assert found["try"].upstream["outputs_blur"] == "shortcut_outputs-blur-0"


def test_weights_that_a_page_publishes_are_results_that_it_reads():
    """So a new copy of the project gets them, as far as they are kept, and computes no others."""
    found = table(**KINDS["shortcut"])
    published = {one.training for one in live_networks(Study.model_validate(DATA | KINDS["shortcut"]))}
    trainings = {name: stage for name, stage in found.items() if name.startswith("training-")}
    assert {name for name, stage in trainings.items() if not stage.intermediate} == published


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_page_nothing_is_exported_or_published(kind):
    with_page, without = table(**KINDS[kind]), table(**KINDS[kind], live=False)
    assert not [name for name in without if name.startswith("browser") or name == "try"]
    assert set(without) < set(with_page)
    if kind == "shortcut":
        assert all(stage.intermediate for name, stage in without.items() if name.startswith("training-"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_changes_no_other_stage(kind):
    def keyed(stage):
        return stage.module, stage.parameters, stage.upstream

    with_page, without = table(**KINDS[kind]), table(**KINDS[kind], live=False)
    assert {name: keyed(with_page[name]) for name in without} == {name: keyed(one) for name, one in without.items()}
