"""Nodules and their slices: what a network may gain, or its baseline lose, when slices are counted as if they were nodules."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.network.cases import Cases, by_nodule, largest_slices
from camfolio.network.evaluation import evaluate

SETTINGS = {"larger": True, "resamples": 50, "bins": 5, "seed": 3}


def cases(probability, label, nodule, area_mm2):
    """Every nodule of a patient of its own."""
    names = np.array(nodule)
    return Cases(np.array(probability), np.array(label), names, names, np.array(area_mm2))


def small():
    """Two nodules with three and one slice; both probabilities and areas by hand."""
    return cases([0.9, 0.3, 0.3, 0.6], [1, 1, 1, 0], ["a", "a", "a", "b"], [10.0, 40.0, np.nan, np.nan])


def test_a_nodule_has_the_mean_probability_and_the_largest_area_of_its_slices():
    nodules = by_nodule(small())
    assert nodules.nodule.tolist() == ["a", "b"]
    assert nodules.probability == pytest.approx([0.5, 0.6])
    assert nodules.label.tolist() == [1, 0]
    np.testing.assert_array_equal(nodules.area_mm2, [40.0, np.nan])


def test_the_largest_slice_alone_has_its_own_probability():
    assert largest_slices(small()).probability == pytest.approx([0.3, 0.6])


def test_equally_large_slices_count_alike():
    both = cases([0.2, 0.4, 0.9], [1, 1, 1], ["a", "a", "a"], [7.0, 7.0, 5.0])
    assert largest_slices(both).probability == pytest.approx([0.3])


def test_metrics_by_nodule_and_by_slice_differ_as_they_must():
    """The malignant nodule of three slices is missed, the one with a single slice is found: 1 of 2 nodules, 1 of 4 slices."""
    slices = cases(
        [0.4, 0.3, 0.2, 0.9, 0.1, 0.1],
        [1, 1, 1, 1, 0, 0],
        ["a", "a", "a", "b", "c", "d"],
        [9.0, 2.0, 1.0, 8.0, 3.0, 4.0],
    )
    result = evaluate(slices, **SETTINGS)
    assert (result.cases, result.slices, result.patients, result.positives) == (4, 6, 4, 2)
    assert result.unit == "nodule"
    assert result.metrics["sensitivity"].value == 0.5
    assert result.by_slice.metrics["sensitivity"].value == 0.25
    assert (result.by_slice.cases, result.by_slice.positives, result.largest_slice.cases) == (6, 4, 4)
    assert (result.confusion.true_positives, result.confusion.positives) == (1, 2)
    assert sum(row.nodules for row in result.calibration) == 4
    assert result.baseline.auc.value == 1.0  # 9 and 8 against 3 and 4
    assert result.by_slice.baseline.auc.value == 0.5  # the two small slices lose against both benign ones
    assert result.largest_slice.baseline.auc.value == 1.0
    assert set(result.largest_slice.metrics) == {"auc"}


def simulated(seed, nodules=300):
    """The network knows a nodule's size and nothing else; its slices show less and less of it.

    Probability and largest area of a nodule say the same; secondary slices have a smaller area, but the probability of
    their nodule, as a network has that sees more than the outline.
    """
    chance = np.random.default_rng(seed)
    label = np.arange(nodules) % 2
    size = chance.normal(label * 1.5, 1.0)
    share = np.column_stack([np.ones(nodules), chance.uniform(0.2, 0.9, (nodules, 2))])
    probability = (1 / (1 + np.exp(-size)))[:, None].repeat(3, axis=1)
    area = np.exp(size / 2)[:, None] * share
    names = np.array([f"n{i:03d}" for i in range(nodules)]).repeat(3)
    return Cases(probability.ravel(), label.repeat(3), names, names, area.ravel())


@pytest.mark.parametrize("seed", range(3))
def test_secondary_slices_handicap_the_area_and_nothing_else(seed):
    result = evaluate(simulated(seed), **SETTINGS)
    assert result.difference.auc.value == pytest.approx(0, abs=1e-6)
    assert result.largest_slice.difference.auc.value == pytest.approx(0, abs=1e-6)
    assert result.by_slice.difference.auc.low > 0.01  # "better than its area", which it is not
    assert result.by_slice.metrics["auc"].value == pytest.approx(result.metrics["auc"].value, abs=1e-6)


def test_the_order_of_slices_changes_nothing():
    slices = simulated(0, 40)
    chance = np.random.default_rng(1)
    noisy = Cases(chance.uniform(size=120), slices.label, slices.patient, slices.nodule, slices.area_mm2)
    assert evaluate(noisy.select(chance.permutation(120)), **SETTINGS) == evaluate(noisy, **SETTINGS)


def test_names_of_nodules_change_nothing_but_the_order_of_equal_ones():
    slices = simulated(0, 40)
    renamed = Cases(slices.probability, slices.label, slices.patient, np.char.add("x", slices.nodule), slices.area_mm2)
    assert evaluate(renamed, **SETTINGS) == evaluate(slices, **SETTINGS)


def test_intervals_are_over_patients_not_over_nodules():
    """Ten patients, each with thirty nodules of the same answer: as uncertain as ten nodules."""
    chance = np.random.default_rng(0)
    probability, label = chance.uniform(size=10), np.arange(10) % 2
    patient = np.array([f"p{i}" for i in range(10)])
    many = [value.repeat(30) for value in (probability, label, patient)]
    nodule = np.array([f"{name}-{i}" for i, name in enumerate(many[2])])
    one = evaluate(Cases(probability, label, patient, patient, np.ones(10)), **SETTINGS)
    repeated = evaluate(Cases(*many, nodule, np.ones(300)), **SETTINGS)
    assert repeated.metrics["auc"] == one.metrics["auc"]


def test_one_slice_per_nodule_makes_all_three_the_same():
    slices = cases([0.9, 0.2, 0.6, 0.4], [1, 0, 1, 0], list("abcd"), [9.0, 2.0, 3.0, 4.0])
    result = evaluate(slices, **SETTINGS)
    assert result.unit == "slice"
    assert result.by_slice.metrics == result.metrics
    assert result.by_slice.difference == result.largest_slice.difference == result.difference
