import numpy as np
import pytest

from camfolio.evidence.by_class import SlicesOfClass, of_class
from camfolio.evidence.class_findings import class_findings
from camfolio.evidence.faithfulness import RANDOM_ORDER
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.by_class import ByClassResult
from camfolio.results.subject import Subject
from camfolio.statistics.measures import Measure
from camfolio.statistics.patients import Patients

MEASURES = {"road_gap": Measure("gap", "share"), "deletion_blur": Measure("deletion", "share", "lower")}
METHOD = Subject("grad_cam")
N = 80
PATIENT = np.array([f"p{i // 2:02}" for i in range(N)])
TARGET = (np.arange(N) // 2 % 2).astype(np.int64)


def scores_of(gap, deletion, after):
    """Scores of one method whose means differ by class; a uniform map has 0 and 0.5.

    Each argument is a pair, of the first and of the second class.
    """
    noise = np.random.default_rng(0).normal(0, 0.02, (3, N))
    chance = {"road_gap": np.zeros(N), "deletion_blur": np.full(N, 0.5)}
    pairs = {"road_gap": gap, "deletion_blur": deletion}
    scores = {
        name: {METHOD: np.array(pairs[name])[TARGET] + noise[i], RANDOM_ORDER: chance[name]}
        for i, name in enumerate(pairs)
    }
    curve = np.column_stack([np.full(N, 0.9), np.full(N, 0.6), np.array(after)[TARGET] + noise[2]])
    curves = {"deletion_blur": {METHOD: curve, RANDOM_ORDER: curve}}
    return SliceScores(scores, chance, curves, np.ones(N, bool), TARGET)


def by_class(scores, labels=TARGET):
    parts = []
    for label in (0, 1):
        own = labels == label
        patients = Patients(PATIENT[own], 200, 0) if own.any() else None
        parts.append(of_class(scores, SlicesOfClass(own, patients), MEASURES, [METHOD, RANDOM_ORDER]))
    return ByClassResult(explained=tuple(parts))


CONTRARY = by_class(scores_of(gap=(0.3, -0.3), deletion=(0.2, 0.8), after=(0.2, 0.98)))


def test_means_and_end_points_are_those_of_the_class():
    first, second = CONTRARY.explained
    assert (first.slices, first.patients, second.slices, second.patients) == (40, 20, 40, 20)
    assert first.scores["road_gap"]["grad_cam"].value == pytest.approx(0.3, abs=0.02)
    assert second.scores["road_gap"]["grad_cam"].value == pytest.approx(-0.3, abs=0.02)
    assert first.ends["blur"].before.value == pytest.approx(0.9)
    assert first.ends["blur"].after.value == first.curves["deletion_blur"]["grad_cam"][-1].value
    for part in CONTRARY.explained:
        ends = part.ends["blur"]
        assert ends.fall.value == pytest.approx(ends.before.value - ends.after.value)


def test_a_gain_is_positive_where_the_subject_is_better_than_a_uniform_map():
    first, second = CONTRARY.explained
    assert first.gain["deletion_blur"]["grad_cam"].value == pytest.approx(0.3, abs=0.02)
    assert second.gain["deletion_blur"]["grad_cam"].value == pytest.approx(-0.3, abs=0.02)
    assert first.gain["deletion_blur"][RANDOM_ORDER.key].value == 0


def test_classes_that_contradict_each_other_are_said():
    found = class_findings(CONTRARY, ["grad_cam"])
    assert found.marked_pixels["grad_cam"].verdicts == ("better", "worse")
    assert [(pair.score, pair.method, pair.better) for pair in found.opposite] == [
        ("road_gap", "grad_cam", 0),
        ("deletion_blur", "grad_cam", 0),
    ]
    assert found.rising == {"blur": (1,)}


def test_a_class_speaks_for_itself_only():
    found = class_findings(by_class(scores_of((0.3, 0.0), (0.5, 0.2), (0.2, 0.3))), ["grad_cam"])
    assert found.marked_pixels["grad_cam"].verdicts == ("better", "not separable")
    assert found.opposite == ()
    assert found.rising == {"blur": ()}


@pytest.mark.parametrize(("left_out", "defined"), [(20, True), (21, False)])
def test_a_score_defined_on_less_than_half_of_the_slices_does_not_describe_the_class(left_out, defined):
    scores = scores_of((0.3, -0.3), (0.2, 0.8), (0.2, 0.98))
    scores.scores["road_gap"][METHOD][np.flatnonzero(TARGET == 1)[:left_out]] = np.nan
    result = by_class(scores)
    value = result.explained[1].scores["road_gap"]["grad_cam"]
    assert (value.value is not None, value.slices_undefined) == (defined, left_out)
    verdict = class_findings(result, ["grad_cam"]).marked_pixels["grad_cam"].verdicts[1]
    assert verdict == ("worse" if defined else "not defined")


def test_a_class_without_slices_has_no_numbers_and_no_verdict():
    result = by_class(scores_of((0.3, 0.3), (0.2, 0.2), (0.2, 0.2)), np.zeros(N, np.int64))
    missing = result.explained[1]
    assert (missing.slices, missing.patients) == (0, 0)
    assert missing.ends["blur"].before.value is missing.uniform["road_gap"].value is None
    found = class_findings(result, ["grad_cam"]).marked_pixels["grad_cam"]
    assert found.verdicts == ("better", "not defined")
