import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camfolio.results.interval import Interval
from camfolio.statistics.bootstrap import interval
from camfolio.statistics.patients import Difference, Patients, differences, holm, is_equivalent, verdict
from camfolio.statistics.sign_flips import sign_flip_test

GENERATOR = np.random.default_rng(0)
PATIENT = np.array([f"p{i}" for i in np.sort(GENERATOR.integers(0, 12, 40))])


def difference(first, second, patients):
    return differences((first - second)[:, None], patients)[0]


def slow_mean(values):
    defined = values[np.isfinite(values)]
    return float(np.mean(defined)) if len(defined) else np.nan


def with_gaps(seed, share=0.3):
    generator = np.random.default_rng(seed)
    values = generator.normal(size=40)
    values[generator.random(40) < share] = np.nan
    return values


def test_intervals_of_several_scores_equal_those_of_the_plain_bootstrap():
    columns = np.stack([with_gaps(seed, 0.0) for seed in range(4)], axis=1)
    columns[:3, 0] = columns[-1, 1] = np.nan
    result = Patients(PATIENT, 300, 7).intervals(columns)
    for column, row in zip(columns.T, result, strict=True):
        expected = interval(lambda index, column=column: slow_mean(column[index]), PATIENT, 300, 7)
        assert row.undefined == expected.undefined
        for name in ("value", "low", "high"):
            assert getattr(row, name) == pytest.approx(getattr(expected, name), abs=1e-12), name


def test_a_score_without_defined_values_has_no_interval():
    result = Patients(PATIENT, 100, 0).intervals(np.full((40, 1), np.nan))
    assert result == [Interval(value=None, low=None, high=None, undefined=100, slices_undefined=40)]


def test_differences_use_the_slices_on_which_both_scores_are_defined():
    first, second = with_gaps(1), with_gaps(2)
    result = difference(first, second, Patients(PATIENT, 300, 7))
    both = np.isfinite(first) & np.isfinite(second)
    assert (result.slices, result.slices_undefined) == (both.sum(), 40 - both.sum())
    assert result.interval.value == pytest.approx(float(np.mean(first[both] - second[both])))
    sums = [np.sum((first - second)[both & (name == PATIENT)]) for name in sorted(set(PATIENT[both]))]
    assert result.patients == len(sums)
    assert result.p == pytest.approx(sign_flip_test(np.array(sums)[:, None], 0)[0])
    assert result.interval.low < result.low90 < result.high90 < result.interval.high


def test_swapping_two_scores_changes_the_sign_and_keeps_p():
    first, second, patients = with_gaps(1), with_gaps(2), Patients(PATIENT, 300, 7)
    difference_ab, difference_ba = difference(first, second, patients), difference(second, first, patients)
    assert difference_ab.interval.value == pytest.approx(-difference_ba.interval.value)
    assert difference_ab.interval.low == pytest.approx(-difference_ba.interval.high)
    assert difference_ab.low90 == pytest.approx(-difference_ba.high90)
    assert difference_ab.p == pytest.approx(difference_ba.p)


def test_equal_scores_are_equivalent():
    result = difference(np.ones(40), np.ones(40), Patients(PATIENT, 100, 0))
    assert (result.interval.value, result.p, result.low90, result.high90) == (0.0, 1.0, 0.0, 0.0)
    assert verdict(result, result.p, "higher", 0.05) == "equivalent"


def test_scores_without_common_slices_have_no_verdict():
    result = difference(np.full(40, np.nan), np.ones(40), Patients(PATIENT, 100, 0))
    assert (result.interval.value, result.p, result.low90, result.slices, result.patients) == (None, None, None, 0, 0)
    assert result.slices_undefined == 40
    assert not is_equivalent(result, 1.0)
    assert verdict(result, None, "higher", 1.0) == "not defined"


def test_a_single_patient_gives_no_verdict():
    result = difference(np.arange(5.0), np.zeros(5), Patients(np.array(["a"] * 5), 100, 0))
    assert (result.interval.value, result.interval.low, result.p) == (2.0, None, None)
    assert verdict(result, result.p, "higher", 0.1) == "not defined"


def test_a_score_that_is_defined_for_one_patient_only_has_no_interval():
    values = np.where(PATIENT[0] == PATIENT, 1.0, np.nan)
    result = Patients(PATIENT, 300, 7).interval(values)
    assert (result.value, result.low, result.high) == (1.0, None, None)


def test_differences_of_several_pairs_equal_those_of_each():
    pairs, patients = np.stack([with_gaps(seed) for seed in range(3)], axis=1), Patients(PATIENT, 300, 7)
    for column, result in enumerate(differences(pairs, patients)):
        alone = differences(pairs[:, [column]], patients)[0]
        assert (result.p, result.slices, result.patients) == (alone.p, alone.slices, alone.patients)
        assert (result.interval.low, result.high90) == pytest.approx((alone.interval.low, alone.high90))


def slow_holm(p):
    """The largest corrected value among the tests up to each one."""
    tests = sorted(value for value in p if value is not None)

    def corrected(value):
        steps = [(len(tests) - i) * p for i, p in enumerate(tests) if p <= value]
        return min(1.0, max(steps))

    return [None if value is None else corrected(value) for value in p]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.floats(0, 1), max_size=8, unique=True))
def test_holm_equals_a_slow_twin(p):
    assert holm(p) == pytest.approx(slow_holm(p))


def test_the_family_wise_error_rate_is_about_5_percent():
    generator, wrong = np.random.default_rng(0), 0
    patients = Patients(np.arange(16).astype(str), 200, 0)
    for _ in range(100):
        result = differences(generator.normal(size=(16, 5)), patients)
        corrected = holm([row.p for row in result])
        wrong += any(
            verdict(row, p, "higher", 0.01) in {"better", "worse"} for row, p in zip(result, corrected, strict=True)
        )
    assert wrong <= 10


def difference_of(low, high, low90=None, high90=None):
    return Difference(Interval(value=(low + high) / 2, low=low, high=high), low90, high90, 0.001, 9, 9, 0)


@pytest.mark.parametrize(
    ("low", "high", "corrected", "better", "expected"),
    [
        (0.1, 0.2, 0.049, "higher", "better"),
        (0.1, 0.2, 0.049, "lower", "worse"),
        (-0.2, -0.1, 0.001, "higher", "worse"),
        (-0.2, -0.1, 0.001, "lower", "better"),
        (0.1, 0.2, 0.05, "higher", "not separable"),
        (-0.001, 0.2, 0.001, "higher", "not separable"),
        (0.0, 0.2, 0.001, "higher", "not separable"),
        (0.01, 0.2, 0.001, "higher", "better"),
    ],
)
def test_better_or_worse_needs_an_interval_without_zero_and_a_small_corrected_p(low, high, corrected, better, expected):
    assert verdict(difference_of(low, high, low, high), corrected, better, 0.05) == expected


@pytest.mark.parametrize(
    ("low90", "high90", "expected"),
    [(-0.04, 0.04, "equivalent"), (-0.05, 0.04, "not separable"), (-0.04, 0.05, "not separable")],
)
def test_equivalent_needs_a_90_percent_interval_within_the_margin(low90, high90, expected):
    assert verdict(difference_of(-0.06, 0.06, low90, high90), 0.9, "higher", 0.05) == expected


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_a_shown_difference_within_the_margin_is_a_verdict_of_its_own(better):
    result = difference_of(0.01, 0.03, 0.012, 0.028)
    assert is_equivalent(result, 0.05)
    assert verdict(result, 0.001, better, 0.05) == "different within margin"
    assert verdict(result, 0.2, better, 0.05) == "equivalent"
