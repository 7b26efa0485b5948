import numpy as np
import pytest
import torch

from camfolio.network.calibration import recalibration
from camfolio.network.cases import Cases
from camfolio.network.evaluation import calibration, evaluate, larger_is_second, malignant_probability, roc
from camfolio.results.evaluation import AreaBaseline, RocCurves
from camfolio.results.interval import Interval


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def auc_by_pairs(score, label):
    """The share of pairs of a malignant and a benign slice that are in order; a tie is half."""
    won = [
        1.0 if one > other else 0.5 if one == other else 0.0 for one in score[label == 1] for other in score[label == 0]
    ]
    return sum(won) / len(won)


def average_precision(score, label):
    """sum_n (recall_n - recall_{n-1}) precision_n over falling thresholds; ties are one threshold."""
    total, before = 0.0, 0.0
    for threshold in sorted(set(score.tolist()), reverse=True):
        called = score >= threshold
        recall = label[called].sum() / label.sum()
        total += (recall - before) * label[called].mean()
        before = recall
    return total


def calibration_error(score, label, bins):
    """Mean over slices of |share malignant - mean probability| in their bin."""
    total = 0.0
    for one in range(bins):
        inside = [i for i, p in enumerate(score) if one / bins <= p < (one + 1) / bins or (p == 1 and one == bins - 1)]
        if inside:
            total += abs(label[inside].mean() - score[inside].mean()) * len(inside)
    return total / len(score)


def by_hand(score, label, bins=10):
    called = score > 0.5
    sensitivity, specificity = called[label == 1].mean(), (~called[label == 0]).mean()
    return {
        "accuracy": (called == label).mean(),
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "sensitivity": sensitivity,
        "specificity": specificity,
        "auc": auc_by_pairs(score, label),
        "average_precision": average_precision(score, label),
        "calibration_error": calibration_error(score, label, bins),
        "brier_score": sum((p - y) ** 2 for p, y in zip(score, label, strict=True)) / len(score),
        "calibration_slope": recalibration(score, label)[0],
        "calibration_intercept": recalibration(score, label)[1],
    }


def study(kind, n=40):
    chance = np.random.default_rng(3)
    label = (np.arange(n) // 2 % 2).astype(np.int64)
    score = 1 / (1 + np.exp(-chance.normal(0.8 * label - 0.3, 1.0)))
    if kind == "ties":
        score = np.round(score * 4) / 4 * 0.98 + 0.013  # off the edges of the bins
    if kind == "certain":
        score = np.where(score > 0.6, 1.0, np.where(score < 0.3, 0.0, score))
    patient = np.array([f"p{i // 2:02d}" for i in range(n)])
    area = chance.uniform(5, 60, n) + 10 * label
    return score, label, patient, area


def evaluated(score, label, patient, area, nodule=None, **more):
    """Every slice is a nodule of its own, unless nodules are given."""
    cases = Cases(
        score, label, patient, np.array([f"{i:04d}" for i in range(len(label))]) if nodule is None else nodule, area
    )
    return evaluate(cases, **({"larger": True, "resamples": 20, "bins": 10, "seed": 1} | more))


@pytest.mark.parametrize("kind", ["plain", "ties", "certain"])
@pytest.mark.parametrize("bins", [5, 10])
def test_every_metric_is_what_it_is_by_hand(kind, bins):
    score, label, patient, area = study(kind)
    result = evaluated(score, label, patient, area, bins=bins)
    expected = by_hand(score, label, bins)
    assert result.metrics.keys() == expected.keys()
    for name, value in expected.items():
        assert result.metrics[name].value == pytest.approx(value, abs=1e-6), name
    assert result.baseline.auc.value == pytest.approx(auc_by_pairs(area, label), abs=1e-6)
    difference = auc_by_pairs(score, label) - auc_by_pairs(area, label)
    assert result.difference.auc.value == pytest.approx(difference, abs=1e-6)


def test_counts_are_those_of_slices_patients_and_malignant_ones():
    score, label, patient, area = study("plain", 42)
    result = evaluated(score, label, patient, area)
    assert (result.slices, result.patients, result.positives, result.resamples) == (42, 21, 20, 20)
    assert result.always_majority == pytest.approx(22 / 42)


def test_rows_of_the_confusion_matrix_are_labels_and_columns_answers():
    score = np.array([0.1, 0.9, 0.8, 0.2, 0.3, 0.6])
    label = np.array([0, 0, 0, 1, 1, 1])
    confusion = evaluated(score, label, np.array(list("abcdef")), np.ones(6)).confusion
    assert confusion.matrix == ((1, 2), (2, 1))
    assert (confusion.negatives, confusion.positives) == (3, 3)
    score[1:3] = 0.05
    assert evaluated(score, label, np.array(list("abcdef")), np.ones(6)).confusion.matrix == ((3, 0), (2, 1))


def test_a_probability_of_one_half_is_benign():
    result = evaluated(np.array([0.5, 0.5]), np.array([0, 1]), np.array(["a", "b"]), np.ones(2))
    assert result.confusion.matrix == ((1, 0), (1, 0))
    assert result.metrics["auc"].value == 0.5


@pytest.mark.parametrize(("only", "missing"), [(0, {"sensitivity", "average_precision"}), (1, {"specificity"})])
def test_what_one_class_alone_does_not_define_is_none(only, missing):
    score, label, patient, area = study("plain", 12)
    result = evaluated(score, np.full_like(label, only), patient, area)
    undefined = {name for name, metric in result.metrics.items() if metric.value is None}
    assert undefined == missing | {"auc", "balanced_accuracy", "calibration_slope", "calibration_intercept"}
    assert all(result.metrics[name].undefined == 20 for name in undefined)
    assert all(result.metrics[name].low is None for name in undefined)
    assert result.baseline.auc.value is None
    assert result.difference.auc.value is None
    assert result.roc == RocCurves(network=None, area=None)
    assert result.always_majority == 1.0


def test_areas_that_nobody_knows_leave_baseline_and_difference_undefined():
    score, label, patient, area = study("plain", 12)
    result = evaluated(score, label, patient, np.full(12, np.nan))
    nothing = Interval(value=None, low=None, high=None, undefined=20)
    assert result.baseline == AreaBaseline(auc=nothing, direction="larger", cases=0)
    assert not result.all_have_masks
    assert result.difference.auc.value is None
    assert result.roc.area is None
    assert result.metrics == evaluated(score, label, patient, area).metrics


def test_the_difference_is_taken_on_the_slices_whose_area_is_known():
    score, label, patient, area = study("plain")
    area[::5] = np.nan
    known = np.isfinite(area)
    result = evaluated(score, label, patient, area)
    baseline = auc_by_pairs(area[known], label[known])
    assert result.baseline.auc.value == pytest.approx(baseline, abs=1e-6)
    network = auc_by_pairs(score[known], label[known])
    assert result.difference.auc.value == pytest.approx(network - baseline, abs=2e-6)
    assert result.metrics["auc"].value == pytest.approx(auc_by_pairs(score, label), abs=1e-6)


def test_smaller_nodules_may_be_the_second_class():
    score, label, patient, area = study("plain")
    assert larger_is_second(area, label)
    assert not larger_is_second(area, 1 - label)
    turned = evaluated(score, 1 - label, patient, area, larger=False).baseline
    assert turned.auc.value == pytest.approx(auc_by_pairs(area, label), abs=1e-6)
    assert turned.direction == "smaller"


@pytest.mark.parametrize("label", [np.zeros(4, np.int64), np.array([0, 1, 0, 1])])
def test_the_direction_is_larger_where_the_training_part_cannot_tell(label):
    assert larger_is_second(np.full(4, np.nan), label)


def test_two_scores_that_separate_perfectly_do_not_differ():
    label = np.arange(12, dtype=np.int64) % 2
    patient = np.array([f"p{i}" for i in range(12)])
    result = evaluated(label * 0.8 + 0.1, label, patient, label * 50.0 + 10)
    assert result.difference.auc == Interval(value=0.0, low=0.0, high=0.0)
    assert result.all_have_masks


def test_the_same_seed_gives_the_same_result_and_another_one_other_intervals_alone():
    ingredients = study("plain")
    one, again, other = (evaluated(*ingredients, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one.metrics["auc"].value == other.metrics["auc"].value
    assert one.metrics["auc"].low != other.metrics["auc"].low


def test_intervals_contain_their_values_and_are_wider_for_fewer_patients():
    score, label, patient, area = study("plain", 120)
    whole = evaluated(score, label, patient, area, resamples=100).metrics
    part = evaluated(score[:24], label[:24], patient[:24], area[:24], resamples=100).metrics
    for name in ("accuracy", "balanced_accuracy", "sensitivity", "specificity", "auc", "average_precision"):
        assert whole[name].low <= whole[name].value <= whole[name].high, name
    assert whole["auc"].high - whole["auc"].low < part["auc"].high - part["auc"].low


def test_the_roc_curve_starts_at_nothing_ends_at_everything_and_has_the_auc_as_its_area():
    score, label, _, _ = study("ties")
    curve = roc(torch.from_numpy(score), torch.from_numpy(label))
    x, y = np.array(curve.false_positive), np.array(curve.true_positive)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) >= 0).all()
    assert np.trapezoid(y, x) == pytest.approx(auc_by_pairs(score, label), abs=1e-6)


def test_calibration_bins_hold_what_they_say():
    probability = np.array([0.0, 0.05, 0.25, 0.95, 1.0, 1.0])
    label = np.array([0, 1, 0, 1, 1, 0])
    first, second, last = calibration(probability, label, 10)
    assert dict(first) == {"low": 0.0, "high": 0.1, "nodules": 2, "predicted": pytest.approx(0.025), "observed": 0.5}
    assert dict(second) == {"low": 0.2, "high": 0.3, "nodules": 1, "predicted": 0.25, "observed": 0.0}
    assert dict(last) == {
        "low": 0.9,
        "high": 1.0,
        "nodules": 3,
        "predicted": pytest.approx(2.95 / 3),
        "observed": 2 / 3,
    }


@pytest.mark.parametrize("kind", ["plain", "ties", "certain"])
@pytest.mark.parametrize("bins", [2, 7, 10])
def test_the_calibration_error_is_the_bins_mean_distance(kind, bins):
    score, label, patient, area = study(kind)
    result = evaluated(score, label, patient, area, bins=bins)
    rows = result.calibration
    assert sum(row.nodules for row in rows) == len(label)
    distance = sum(row.nodules * abs(row.predicted - row.observed) for row in rows) / len(label)
    assert result.metrics["calibration_error"].value == pytest.approx(distance, abs=1e-6)


def test_the_malignant_probability_is_the_softmax_of_the_second_logit_and_survives_large_logits():
    logits = np.array([[0.0, 0.0], [1.0, 3.0], [2.0, -1.0]], np.float32)
    expected = np.exp(logits[:, 1]) / np.exp(logits).sum(1)
    found = malignant_probability(logits)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert malignant_probability(np.array([[0, 1e4], [1e4, 0]], np.float32)).tolist() == [1.0, 0.0]
