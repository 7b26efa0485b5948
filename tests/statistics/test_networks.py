import numpy as np
import pytest

from camfolio.results.interval import Interval
from camfolio.statistics.networks import interval_of_means, interval_of_statistics
from camfolio.statistics.patients import Patients

PATIENT = np.repeat([f"p{number:02d}" for number in range(40)], 2)
RESAMPLES = 200


def drawn(chance, networks, *, by_network, by_patient):
    """Values (networks, slices) around 0 with these standard deviations between networks and between patients."""
    patients = chance.normal(0, by_patient, (1, 40)) + chance.normal(0, 0.2, (networks, 40))
    return chance.normal(0, by_network, (networks, 1)) + np.repeat(patients, 2, axis=1)


@pytest.mark.parametrize(("networks", "by_network"), [(3, 1.0), (5, 1.0), (5, 0.1)])
def test_the_interval_covers_the_mean_of_all_networks_and_that_of_the_patients_does_not(networks, by_network):
    chance = np.random.default_rng(0)
    covered = covered_by_patients = 0
    for repetition in range(200):
        patients = Patients(PATIENT, RESAMPLES, repetition)
        values = drawn(chance, networks, by_network=by_network, by_patient=0.5)
        both, alone = interval_of_means(values, patients, repetition), patients.interval(values.mean(0))
        covered += both.low < 0 < both.high
        covered_by_patients += alone.low < 0 < alone.high
    assert 0.91 <= covered / 200 <= 0.99
    assert covered_by_patients < covered
    if by_network == 1.0:
        assert covered_by_patients / 200 < 0.4


def test_between_equal_networks_it_is_the_interval_of_the_patients():
    values = np.repeat(np.random.default_rng(0).normal(0, 1, (1, 80)), 4, axis=0)
    patients = Patients(PATIENT, RESAMPLES, 3)
    both, alone = interval_of_means(values, patients, 3), patients.interval(values[0])
    assert (both.value, both.low, both.high) == pytest.approx((alone.value, alone.low, alone.high))
    assert not both.networks_differ


def test_a_statistic_and_a_mean_of_slices_have_the_same_interval():
    values = drawn(np.random.default_rng(1), 5, by_network=1.0, by_patient=1.0)
    of_means = interval_of_means(values, Patients(PATIENT, RESAMPLES, 0), 0)
    of_statistics = interval_of_statistics(lambda index: values[:, index].mean(1), PATIENT, RESAMPLES, 0)
    assert of_statistics.low == pytest.approx(of_means.low)
    assert of_statistics.high == pytest.approx(of_means.high)
    assert of_statistics.value == pytest.approx(values.mean())


def test_one_network_has_no_interval_over_networks():
    values = np.random.default_rng(0).normal(0, 1, (1, 80))
    found = interval_of_means(values, Patients(PATIENT, RESAMPLES, 0), 0)
    assert (found.low, found.high) == (None, None)
    assert found.by_network[0].low < found.value < found.by_network[0].high


def test_a_network_without_a_value_is_left_out():
    values = drawn(np.random.default_rng(2), 3, by_network=1.0, by_patient=1.0)
    without = np.concatenate([values, np.full((1, 80), np.nan)])
    found = interval_of_means(without, Patients(PATIENT, RESAMPLES, 0), 0)
    assert found.value == pytest.approx(values.mean())
    assert found.by_network[3].value is None
    assert found.low == pytest.approx(interval_of_means(values, Patients(PATIENT, RESAMPLES, 0), 0).low)


def test_without_any_value_nothing_is_defined():
    found = interval_of_means(np.full((2, 80), np.nan), Patients(PATIENT, RESAMPLES, 0), 0)
    assert (found.value, found.low, found.lowest, found.networks_differ) == (None, None, None, False)
    assert found.slices_undefined == 80


def test_the_interval_ends_at_the_limits_of_a_share():
    values = np.repeat([[0.0], [1.0]], 80, axis=1)
    found = interval_of_means(values, Patients(PATIENT, RESAMPLES, 0), 0, (0.0, 1.0))
    assert (found.low, found.high) == (0.0, 1.0)


def test_networks_differ_if_the_intervals_of_two_do_not_overlap():
    values = drawn(np.random.default_rng(0), 2, by_network=0.0, by_patient=0.1)
    patients = Patients(PATIENT, RESAMPLES, 0)
    assert not interval_of_means(values, patients, 0).networks_differ
    found = interval_of_means(values + np.array([[0.0], [1.0]]), patients, 0)
    assert found.networks_differ
    assert isinstance(found.lowest, Interval)
    assert found.lowest.value < 0.5 < found.highest.value
