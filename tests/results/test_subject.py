import pytest

from camfolio.evidence.controls import CONTROLS, controls
from camfolio.results.subject import Subject, at_layers


@pytest.mark.parametrize(
    "subject",
    [Subject("grad_cam"), Subject("mine.edge_cam", "layer2.1"), *controls()],
    ids=lambda subject: subject.key,
)
def test_keys_and_subjects_convert_into_each_other(subject):
    assert Subject.of(subject.key) == subject


def test_every_control_is_a_subject_in_focus():
    assert [subject.name for subject in controls()] == list(CONTROLS)
    assert all(subject.in_focus and subject.is_control for subject in controls())


def test_methods_at_the_first_layer_are_in_focus_and_have_keys_without_layer():
    subjects = at_layers(["layer2", "layer1"], ["grad_cam", "score_cam"])
    assert [subject.key for subject in subjects] == ["grad_cam", "score_cam", "layer1/grad_cam", "layer1/score_cam"]
    assert [subject.in_focus for subject in subjects] == [True, True, False, False]
