import numpy as np
import pytest

from camfolio.results.interval import Interval
from camfolio.statistics.bootstrap import interval, patient_resamples, summarise

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


def test_a_single_patient_gives_an_interval_of_width_zero():
    values = np.array([1.0, 2.0, 6.0])
    result = interval(lambda index: values[index].mean(), np.array(["a", "a", "a"]), 20, seed=0)
    assert result == Interval(value=3.0, low=3.0, high=3.0)


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

    def percentile(share):
        place = share * 199
        return means[int(place)] + (place - int(place)) * (means[int(place) + 1] - means[int(place)])

    assert result.value == pytest.approx(values.mean())
    assert result.low == pytest.approx(percentile(0.025))
    assert result.high == pytest.approx(percentile(0.975))


def test_coverage_is_about_95_percent_for_correlated_slices():
    generator, covered, naive = np.random.default_rng(0), 0, 0
    patient = np.repeat(np.arange(50), 4)
    for seed in range(200):
        values = np.repeat(generator.normal(0, 1, 50), 4) + generator.normal(0, 0.3, 200)
        result = interval(lambda index, values=values: values[index].mean(), patient, 200, seed)
        covered += result.low <= 0 <= result.high
        single = interval(lambda index, values=values: values[index].mean(), np.arange(200), 200, seed)
        naive += single.low <= 0 <= single.high
    assert 0.90 <= covered / 200 <= 0.98
    assert naive / 200 < 0.80  # resampling single slices gives intervals that are too narrow


def test_undefined_resamples_are_counted_and_excluded():
    drawn = np.array([1.0, np.nan, 2.0, 3.0, np.nan])
    result = summarise(2.0, drawn)
    assert result.undefined == 2
    assert result.low == pytest.approx(1.05)
    assert result.high == pytest.approx(2.95)


def test_undefined_values_have_no_interval():
    assert summarise(np.nan, np.array([1.0, np.nan])) == Interval(value=None, low=None, high=None, undefined=1)
    assert summarise(1.0, np.array([np.nan, np.nan])) == Interval(value=1.0, low=None, high=None, undefined=2)
    assert summarise(1.0, np.array([])) == Interval(value=1.0, low=None, high=None)


def test_undefined_resamples_of_a_statistic_are_counted():
    values = np.array([np.nan, np.nan, 1.0])

    def mean(index):
        defined = values[index][np.isfinite(values[index])]
        return float(defined.mean()) if len(defined) else np.nan

    result = interval(mean, np.array(["a", "b", "c"]), 500, seed=0)
    assert (result.value, result.low, result.high) == (1.0, 1.0, 1.0)
    assert result.undefined / 500 == pytest.approx((2 / 3) ** 3, abs=0.07)
