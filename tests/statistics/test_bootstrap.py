import numpy as np
import pytest

from camfolio.results.interval import Interval
from camfolio.statistics.bootstrap import interval, patient_resamples, summarise

PATIENT = np.array(["b", "a", "b", "c", "b", "a"])


def test_whole_patients_are_drawn_never_single_slices():
    slices_of = {"a": [1, 5], "b": [0, 2, 4], "c": [3]}
    sizes = set()
    for index in patient_resamples(PATIENT, 50, seed=0):
        times = {name: np.isin(index, slices).sum() / len(slices) for name, slices in slices_of.items()}
        assert sum(times.values()) == 3
        for name, slices in slices_of.items():
            assert all((index == one).sum() == times[name] for one in slices)
        sizes.add(len(index))
    assert len(sizes) > 1


def test_every_patient_is_drawn_as_often_as_any_other():
    drawn = np.concatenate([PATIENT[index][np.isin(index, [0, 1, 3])] for index in patient_resamples(PATIENT, 3000, 1)])
    _, counts = np.unique(drawn, return_counts=True)
    np.testing.assert_allclose(counts, 3000, rtol=0.06)


def test_the_same_seed_draws_the_same_patients():
    one, again, other = ([x.tolist() for x in patient_resamples(PATIENT, 5, seed)] for seed in (4, 4, 5))
    assert one == again != other


def test_one_patient_alone_gives_an_interval_without_width():
    values = np.array([1.0, 2.0, 6.0])
    found = interval(lambda index: values[index].mean(), np.array(["a", "a", "a"]), 20, seed=0)
    assert found == Interval(value=3.0, low=3.0, high=3.0)


def test_an_interval_is_the_percentiles_of_a_slow_twin():
    values = np.array([0.0, 1.0, 3.0, 4.0, 5.0, 9.0])
    found = interval(lambda index: float(values[index].mean()), PATIENT, 200, seed=7)
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

    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(percentile(0.025))
    assert found.high == pytest.approx(percentile(0.975))


def test_about_95_of_100_intervals_cover_the_true_mean_although_slices_of_a_patient_are_alike():
    chance, covered, naive = np.random.default_rng(0), 0, 0
    patient = np.repeat(np.arange(50), 4)
    for seed in range(200):
        values = np.repeat(chance.normal(0, 1, 50), 4) + chance.normal(0, 0.3, 200)
        found = interval(lambda index, values=values: values[index].mean(), patient, 200, seed)
        covered += found.low <= 0 <= found.high
        single = interval(lambda index, values=values: values[index].mean(), np.arange(200), 200, seed)
        naive += single.low <= 0 <= single.high
    assert 0.90 <= covered / 200 <= 0.98
    assert naive / 200 < 0.80  # drawing slices would promise too much


def test_resamples_without_a_value_are_counted_and_left_out():
    drawn = np.array([1.0, np.nan, 2.0, 3.0, np.nan])
    found = summarise(2.0, drawn)
    assert found.undefined == 2
    assert found.low == pytest.approx(1.05)
    assert found.high == pytest.approx(2.95)


def test_a_value_that_is_not_defined_has_no_interval():
    assert summarise(np.nan, np.array([1.0, np.nan])) == Interval(value=None, low=None, high=None, undefined=1)
    assert summarise(1.0, np.array([np.nan, np.nan])) == Interval(value=1.0, low=None, high=None, undefined=2)
    assert summarise(1.0, np.array([])) == Interval(value=1.0, low=None, high=None)


def test_undefined_resamples_of_a_statistic_are_counted():
    values = np.array([np.nan, np.nan, 1.0])

    def mean(index):
        defined = values[index][np.isfinite(values[index])]
        return float(defined.mean()) if len(defined) else np.nan

    found = interval(mean, np.array(["a", "b", "c"]), 500, seed=0)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert found.undefined / 500 == pytest.approx((2 / 3) ** 3, abs=0.07)
