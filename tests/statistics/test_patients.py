import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from camfolio.results.interval import Interval
from camfolio.statistics.bootstrap import interval
from camfolio.statistics.patients import Difference, Patients, difference, holm, is_equivalent, signed_rank, verdict

CHANCE = np.random.default_rng(0)
PATIENT = np.array([f"p{one}" for one in np.sort(CHANCE.integers(0, 12, 40))])


def slow_mean(values):
    defined = values[np.isfinite(values)]
    return float(np.mean(defined)) if len(defined) else np.nan


def with_gaps(seed, share=0.3):
    chance = np.random.default_rng(seed)
    values = chance.normal(size=40)
    values[chance.random(40) < share] = np.nan
    return values


@pytest.mark.parametrize("share", [0.0, 0.3, 0.97])
def test_intervals_of_many_scores_at_once_are_those_of_the_plain_bootstrap_one_by_one(share):
    columns = np.stack([with_gaps(seed, share) for seed in range(4)], axis=1)
    found = Patients(PATIENT, 300, 7).intervals(columns)
    for column, one in zip(columns.T, found, strict=True):
        expected = interval(lambda index, column=column: slow_mean(column[index]), PATIENT, 300, 7)
        assert one.undefined == expected.undefined
        for name in ("value", "low", "high"):
            assert getattr(one, name) == pytest.approx(getattr(expected, name), abs=1e-12), name


def test_a_score_that_is_nowhere_defined_has_no_interval():
    found = Patients(PATIENT, 100, 0).intervals(np.full((40, 1), np.nan))
    assert found == [Interval(value=None, low=None, high=None, undefined=100, slices_undefined=40)]


def test_a_difference_is_over_the_slices_on_which_both_are_defined():
    one, other = with_gaps(1), with_gaps(2)
    found = difference(one, other, Patients(PATIENT, 300, 7))
    both = np.isfinite(one) & np.isfinite(other)
    assert (found.slices, found.slices_undefined) == (both.sum(), 40 - both.sum())
    assert found.interval.value == pytest.approx(float(np.mean(one[both] - other[both])))
    means = [slow_mean((one - other)[name == PATIENT]) for name in sorted(set(PATIENT[both]))]
    assert found.patients == len(means)
    assert found.p == pytest.approx(wilcoxon(means).pvalue)
    assert found.interval.low < found.low90 < found.high90 < found.interval.high


def test_the_other_way_round_a_difference_has_the_other_sign_and_the_same_p():
    one, other, patients = with_gaps(1), with_gaps(2), Patients(PATIENT, 300, 7)
    there, back = difference(one, other, patients), difference(other, one, patients)
    assert there.interval.value == pytest.approx(-back.interval.value)
    assert there.interval.low == pytest.approx(-back.interval.high)
    assert there.low90 == pytest.approx(-back.high90)
    assert there.p == pytest.approx(back.p)


def test_scores_that_are_the_same_differ_by_nothing():
    found = difference(np.ones(40), np.ones(40), Patients(PATIENT, 100, 0))
    assert (found.interval.value, found.p, found.low90, found.high90) == (0.0, 1.0, 0.0, 0.0)
    assert verdict(found, found.p, "higher", 0.05) == "equivalent"


def test_scores_that_are_nowhere_both_defined_cannot_be_compared():
    found = difference(np.full(40, np.nan), np.ones(40), Patients(PATIENT, 100, 0))
    assert (found.interval.value, found.p, found.low90, found.slices, found.patients) == (None, None, None, 0, 0)
    assert found.slices_undefined == 40
    assert not is_equivalent(found, 1.0)
    assert verdict(found, None, "higher", 1.0) == "not defined"


def test_one_patient_alone_proves_nothing():
    found = difference(np.arange(5.0), np.zeros(5), Patients(np.array(["a"] * 5), 100, 0))
    assert found.p == 1.0
    assert verdict(found, found.p, "higher", 0.1) == "not separable"


def test_a_test_without_values_is_none_and_of_zeros_is_sure_of_nothing():
    assert signed_rank(np.array([])) is None
    assert signed_rank(np.zeros(9)) == 1.0
    assert signed_rank(np.arange(1.0, 10.0)) == pytest.approx(2 / 2**9)


def slow_holm(p):
    """Each test against all smaller ones: the largest of their corrected values."""
    tests = sorted(value for value in p if value is not None)

    def corrected(value):
        steps = [(len(tests) - i) * one for i, one in enumerate(tests) if one <= value]
        return min(1.0, max(steps))

    return [None if value is None else corrected(value) for value in p]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.floats(0, 1), max_size=8, unique=True))
def test_holm_is_that_of_a_slow_twin(p):
    assert holm(p) == pytest.approx(slow_holm(p))


def test_about_five_of_a_hundred_families_without_any_effect_hold_a_false_verdict():
    chance, wrong = np.random.default_rng(0), 0
    patients = Patients(np.arange(30).astype(str), 200, 0)
    for _ in range(100):
        found = [difference(chance.normal(size=30), chance.normal(size=30), patients) for _ in range(5)]
        corrected = holm([one.p for one in found])
        wrong += any(
            verdict(one, p, "higher", 0.01) in {"better", "worse"} for one, p in zip(found, corrected, strict=True)
        )
    assert wrong <= 10


def found_of(low, high, low90=None, high90=None):
    return Difference(Interval(value=(low + high) / 2, low=low, high=high), low90, high90, 0.001, 9, 9, 0)


@pytest.mark.parametrize(
    ("low", "high", "corrected", "better", "said"),
    [
        (0.1, 0.2, 0.049, "higher", "better"),
        (0.1, 0.2, 0.049, "lower", "worse"),
        (-0.2, -0.1, 0.001, "higher", "worse"),
        (-0.2, -0.1, 0.001, "lower", "better"),
        (0.1, 0.2, 0.05, "higher", "not separable"),
        (-0.001, 0.2, 0.001, "higher", "not separable"),
        (0.0, 0.2, 0.001, "higher", "not separable"),
    ],
)
def test_better_or_worse_needs_an_interval_without_zero_and_a_small_corrected_p(low, high, corrected, better, said):
    assert verdict(found_of(low, high, low, high), corrected, better, 0.05) == said


@pytest.mark.parametrize(
    ("low90", "high90", "said"),
    [(-0.04, 0.04, "equivalent"), (-0.05, 0.04, "not separable"), (-0.04, 0.05, "not separable")],
)
def test_equivalent_needs_a_90_percent_interval_within_the_margin(low90, high90, said):
    assert verdict(found_of(-0.06, 0.06, low90, high90), 0.9, "higher", 0.05) == said


def test_a_difference_that_is_shown_is_named_even_within_the_margin():
    found = found_of(0.01, 0.03, 0.012, 0.028)
    assert verdict(found, 0.001, "higher", 0.05) == "better"
    assert is_equivalent(found, 0.05)
