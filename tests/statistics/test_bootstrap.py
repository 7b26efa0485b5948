import numpy as np
import pytest
from scipy.stats import bootstrap, norm, t

from camfolio.results.interval import Interval
from camfolio.statistics.bootstrap import acceleration, ends, interval, patient_resamples, summarise, without_each
from camfolio.statistics.patients import Patients

PATIENT = np.array(["b", "a", "b", "c", "b", "a"])


def test_resamples_contain_all_slices_of_each_drawn_patient():
    slices_of = {"a": [1, 5], "b": [0, 2, 4], "c": [3]}
    sizes = set()
    for index in patient_resamples(PATIENT, 50, seed=0):
        times = {name: np.isin(index, slices).sum() / len(slices) for name, slices in slices_of.items()}
        assert sum(times.values()) == 3
        for name, slices in slices_of.items():
            assert all((index == i).sum() == times[name] for i in slices)
        sizes.add(len(index))
    assert len(sizes) > 1


def test_all_patients_are_equally_likely_to_be_drawn():
    drawn = np.concatenate([PATIENT[index][np.isin(index, [0, 1, 3])] for index in patient_resamples(PATIENT, 3000, 1)])
    _, counts = np.unique(drawn, return_counts=True)
    np.testing.assert_allclose(counts, 3000, rtol=0.06)


def test_equal_seeds_give_equal_resamples():
    first, again, different = ([x.tolist() for x in patient_resamples(PATIENT, 5, seed)] for seed in (4, 4, 5))
    assert first == again != different


def test_a_single_patient_has_no_interval():
    values = np.array([1.0, 2.0, 6.0])
    result = interval(lambda index: values[index].mean(), np.array(["a", "a", "a"]), 20, seed=0)
    assert result == Interval(value=3.0, low=None, high=None)


def test_each_patient_is_left_out_in_turn():
    assert [index.tolist() for index in without_each(PATIENT)] == [[0, 2, 3, 4], [1, 3, 5], [0, 1, 2, 4, 5]]
    assert list(without_each(np.array(["a", "a"]))) == []


def test_intervals_equal_those_of_a_slow_twin():
    values = np.array([0.0, 1.0, 3.0, 4.0, 5.0, 9.0])
    result = interval(lambda index: float(values[index].mean()), PATIENT, 200, seed=7)
    generator, means = np.random.default_rng(7), []
    for _ in range(200):
        picked = []
        for name in np.array(["a", "b", "c"])[generator.integers(0, 3, 3)]:
            picked += [values[i] for i in range(6) if PATIENT[i] == name]
        means.append(sum(picked) / len(picked))
    means.sort()
    value = 22 / 6
    left_out = [(22 - 10) / 4, (22 - 8) / 3, (22 - 4) / 5]
    away = [sum(left_out) / 3 - one for one in left_out]
    a = sum(one**3 for one in away) / (6 * sum(one**2 for one in away) ** 1.5)
    equal = [one for one in means if abs(one - value) < 1e-9]
    z0 = norm.ppf((sum(one < value - 1e-9 for one in means) + len(equal) / 2) / 200)

    def percentile(sign):
        q = z0 + sign * t.ppf(0.975, 2) * (3 / 2) ** 0.5
        place = norm.cdf(z0 + q / (1 - a * q)) * 199
        return means[int(place)] + (place - int(place)) * (means[min(int(place) + 1, 199)] - means[int(place)])

    assert result.value == pytest.approx(value)
    assert result.low == pytest.approx(percentile(-1))
    assert result.high == pytest.approx(percentile(1))


def test_many_patients_with_one_slice_have_the_interval_of_scipy():
    values = np.random.default_rng(0).exponential(size=200)
    result = interval(lambda index: float(values[index].mean()), np.arange(200).astype(str), 4000, 0)
    expected = bootstrap((values,), np.mean, method="BCa", n_resamples=4000, rng=1).confidence_interval
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), abs=0.015)


def test_an_interval_contains_its_value_and_stays_in_the_range_of_the_resamples():
    drawn = np.linspace(2.0, 3.0, 100)
    assert ends(1.0, drawn, np.array([0.9, 1.0, 1.2]), 0.95)[0] == 1.0
    low, high = ends(2.5, drawn, np.array([2.0, 2.5, 2.6, 9.0]), 0.95)
    assert 2.0 <= low < 2.5 < high <= 3.0


def test_two_patients_have_the_widest_interval_that_the_resamples_allow():
    assert ends(0.5, np.array([0.0, 0.5, 0.5, 1.0]), np.array([0.0, 1.0]), 0.95) == pytest.approx((0.0, 1.0))


def test_a_constant_value_has_an_interval_of_width_zero():
    assert ends(0.3, np.full(50, 0.3), np.full(9, 0.3), 0.95) == (0.3, 0.3)
    assert acceleration(np.full(9, 0.3)) == acceleration(np.array([np.nan])) == 0.0


def test_coverage_is_about_95_percent_for_correlated_slices():
    generator, covered, naive = np.random.default_rng(0), 0, 0
    patient = np.repeat(np.arange(50), 4)
    for seed in range(200):
        values = np.repeat(generator.normal(0, 1, 50), 4) + generator.normal(0, 0.3, 200)
        result = Patients(patient.astype(str), 200, seed).interval(values)
        covered += result.low <= 0 <= result.high
        single = Patients(np.arange(200).astype(str), 200, seed).interval(values)
        naive += single.low <= 0 <= single.high
    assert 0.90 <= covered / 200 <= 0.98
    assert naive / 200 < 0.80  # resampling single slices gives intervals that are too narrow


def test_undefined_resamples_are_counted_and_excluded():
    drawn, left_out = np.array([1.0, np.nan, 2.0, 3.0, np.nan]), np.array([1.5, 2.0, 2.5])
    result = summarise(2.0, drawn, left_out)
    assert result.undefined == 2
    assert (result.low, result.high) == ends(2.0, np.array([1.0, 2.0, 3.0]), left_out, 0.95)


def test_undefined_values_have_no_interval():
    left_out = np.array([1.0, 2.0])
    assert summarise(np.nan, np.array([1.0, np.nan]), left_out) == Interval(
        value=None, low=None, high=None, undefined=1
    )
    nothing = np.array([np.nan, np.nan])
    assert summarise(1.0, nothing, left_out) == Interval(value=1.0, low=None, high=None, undefined=2)
    assert summarise(1.0, np.array([]), left_out) == Interval(value=1.0, low=None, high=None)


def test_undefined_resamples_of_a_statistic_are_counted():
    values = np.array([np.nan, np.nan, 1.0])

    def mean(index):
        defined = values[index][np.isfinite(values[index])]
        return float(defined.mean()) if len(defined) else np.nan

    result = interval(mean, np.array(["a", "b", "c"]), 500, seed=0)
    assert (result.value, result.low, result.high) == (1.0, 1.0, 1.0)
    assert result.undefined / 500 == pytest.approx((2 / 3) ** 3, abs=0.07)
