from pathlib import Path

import pytest

from camfolio.pipeline.contents import stages
from camfolio.study.evidence import Evidence
from camfolio.study.reduced import Reduced, reduced, reduced_networks
from camfolio.study.settings import Study


def study_with(evidence, **sections):
    document = {"title": "t", "excerpt": "e", "data": {"source": "npz", "path": Path("any.npz")}, "evidence": evidence}
    return Study.model_validate(document | sections)


def numbers(evidence):
    return evidence.seeds, evidence.permuted_labels, evidence.reinitialisations


def test_a_study_is_quick_unless_it_says_full():
    assert numbers(Evidence()) == numbers(Evidence(effort="quick")) == (2, 1, 3)
    assert numbers(Evidence(effort="full")) == (4, 5, 10)


def test_a_number_in_the_file_wins():
    assert numbers(Evidence(effort="full", seeds=0)) == (0, 5, 10)
    assert numbers(Evidence(permuted_labels=7)) == (2, 7, 3)


def test_an_unknown_effort_is_refused():
    with pytest.raises(ValueError, match="'quick' or 'full'"):
        Evidence.model_validate({"effort": "some"})


def test_a_shortcut_has_as_many_networks_as_the_effort_says():
    assert study_with({}, shortcut={}).shortcut.seeds == 3
    assert study_with({"effort": "full"}, shortcut={}).shortcut.seeds == 5
    assert study_with({"effort": "full"}, shortcut={"seeds": 2}).shortcut.seeds == 2


@pytest.mark.parametrize("sections", [{}, {"shortcut": {}}])
def test_full_effort_adds_stages_and_shares_those_of_quick(sections):
    quick, full = (
        {one.name: one for one in stages(study_with({"effort": word}, **sections))} for word in ("quick", "full")
    )
    assert quick.keys() < full.keys()
    trainings = [name for name in quick if name.startswith("training")]
    assert len(trainings) > 1
    assert all(quick[name] == full[name] for name in trainings)


def test_the_key_of_a_stage_depends_on_numbers_and_not_on_the_word():
    word = stages(study_with({"effort": "full"}))
    written = stages(study_with({"seeds": 4, "permuted_labels": 5, "reinitialisations": 10}))
    assert word == written


def test_what_is_left_out_is_what_full_has_more_of():
    assert reduced({"seeds": 4, "permuted_labels": 1}) == (Reduced("networks trained on permuted labels", 1, 5),)
    assert reduced({"seeds": 9, "shortcut": 5}) == ()


def test_a_quick_study_says_what_it_leaves_out_and_a_full_one_nothing():
    assert [(one.networks, one.full) for one in reduced_networks(study_with({}))] == [(3, 10), (2, 4), (1, 5)]
    assert [(one.networks, one.full) for one in reduced_networks(study_with({}, shortcut={}))] == [(3, 5)]
    assert reduced_networks(study_with({"effort": "full"})) == ()
    loaded = study_with({}, network={"checkpoint": Path("any.safetensors")})
    assert [one.words for one in reduced_networks(loaded)] == ["networks with random weights"]
