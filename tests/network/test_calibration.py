"""Recalibration and the error of perfect calibration, by slow twins and simulations where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit

from camfolio.network.calibration import perfect_calibration, recalibration


def drawn(count, seed, slope=1.0, intercept=0.0):
    """Probabilities, and labels for which this recalibration is the truth."""
    chance = np.random.default_rng(seed)
    probability = expit(chance.normal(0, 1.5, count))
    truth = expit(intercept + slope * logit(probability))
    return probability, (chance.random(count) < truth).astype(np.int64)


def slow_recalibration(probability, label):
    """The most likely slope and intercept, found without derivatives."""
    odds = logit(probability)

    def loss(weights):
        fitted = weights[1] + weights[0] * odds
        return np.logaddexp(0, fitted).sum() - (label * fitted).sum()

    return minimize(loss, [0.5, 0.5], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}).x


@pytest.mark.parametrize("seed", range(4))
def test_recalibration_is_the_most_likely_line(seed):
    probability, label = drawn(60, seed, 0.7, 0.4)
    assert recalibration(probability, label) == pytest.approx(slow_recalibration(probability, label), abs=1e-4)


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, 0.0), (2.0, -1.0)])
def test_recalibration_finds_the_truth(slope, intercept):
    found = np.mean([recalibration(*drawn(4000, seed, slope, intercept)) for seed in range(10)], axis=0)
    assert found == pytest.approx((slope, intercept), abs=0.06)


def test_recalibration_has_no_fit_where_classes_are_separated_or_probabilities_the_same():
    separated = recalibration(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1]))
    same = recalibration(np.full(4, 0.3), np.array([0, 0, 1, 1]))
    assert np.isnan([separated, same]).all()


def test_certain_predictions_have_a_finite_recalibration():
    assert np.isfinite(recalibration(np.array([0.0, 1.0, 0.3, 0.6, 1.0]), np.array([0, 0, 1, 1, 1]))).all()


def error_of(probability, label, bins=10):
    """The expected calibration error, bin by bin."""
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    inside = [bin_of == one for one in range(bins)]
    return sum(abs((label[chosen] - probability[chosen]).sum()) for chosen in inside) / len(label)


def perfect(probability, patient, error, resamples=400):
    return perfect_calibration(probability, patient, error=error, bins=10, resamples=resamples, seed=5)


def test_the_error_of_calibrated_probabilities_is_in_the_band_nineteen_times_of_twenty():
    inside, debiased = [], []
    for seed in range(200):
        probability, label = drawn(150, seed)
        band = perfect(probability, np.arange(150).astype(str), error_of(probability, label))
        inside.append(band.low <= error_of(probability, label) <= band.high)
        debiased.append(band.debiased)
        assert band.low < band.mean < band.high
    assert np.mean(inside) == pytest.approx(0.95, abs=0.04)
    assert np.mean(debiased) < 0.01


def test_the_error_of_too_extreme_probabilities_is_above_the_band():
    probability, label = drawn(1000, 1, slope=0.3)
    band = perfect(probability, np.arange(1000).astype(str), error_of(probability, label))
    assert error_of(probability, label) > band.high
    assert band.debiased == pytest.approx(error_of(probability, label) - band.mean, abs=1e-6)


def test_slices_that_go_together_widen_the_band():
    probability, _ = drawn(300, 2)
    alone, together = (
        perfect(probability, patient.astype(str), 0.1) for patient in (np.arange(300), np.arange(300) // 6)
    )
    assert together.high > 1.2 * alone.high


def test_equal_seeds_give_equal_bands():
    probability, _ = drawn(50, 3)
    patient = np.arange(50).astype(str)
    assert perfect(probability, patient, 0.1) == perfect(probability, patient, 0.1)
