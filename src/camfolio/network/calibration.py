"""Calibration of probabilities: recalibration by a logistic model, and the error that perfect calibration would show."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from scipy.special import expit, logit

from camfolio.results.evaluation import PerfectCalibration
from camfolio.shapes import Labels, Names

Values = Float64[np.ndarray, " slices"]
"""Probability of the second class of every nodule or slice."""
NEAREST = 1e-9
"""Probabilities count as at least so far from 0 and 1, where the log-odds would be infinite."""
STEPS, CONVERGED, LARGEST = 50, 1e-10, 1e3


def recalibration(probability: Values, label: Labels) -> tuple[float, float]:
    """Slope and intercept of the logistic model logit P(second class) = intercept + slope * logit(probability).

    Perfect calibration has slope 1 and intercept 0; a slope below 1 means probabilities that are too extreme, an intercept
    below 0 probabilities that are too high (Cox 1958, doi 10.1093/biomet/45.3-4.562). Fitted by Newton's method. Both are NaN
    where the classes are separated by the probability, or where the probabilities are all the same: the model has no fit.
    """
    odds = logit(probability.clip(NEAREST, 1 - NEAREST))
    design = np.stack([np.ones_like(odds), odds], axis=1)
    weights = np.zeros(2)
    for _ in range(STEPS):
        fitted = expit(design @ weights)
        information = (design * (fitted * (1 - fitted))[:, None]).T @ design
        if abs(np.linalg.det(information)) < CONVERGED:
            break
        step = np.linalg.solve(information, design.T @ (label - fitted))
        weights += step
        if np.abs(weights).max() > LARGEST:
            break
        if np.abs(step).max() < CONVERGED:
            return float(weights[1]), float(weights[0])
    return float("nan"), float("nan")


def perfect_calibration(
    probability: Values, patient: Names, *, error: float, bins: int, resamples: int, seed: int
) -> PerfectCalibration:
    """The expected calibration error of labels that are drawn with exactly these probabilities.

    It is above 0, since the share of few nodules is never their mean probability. Nodules of one patient have one random
    number: their labels go together as far as they can.

    Args:
        probability: of the second class.
        patient: of the nodules or slices.
        error: the expected calibration error of the real labels.
        bins: of the error, of equal width.
        resamples: how often labels are drawn.
        seed: of the draws.
    """
    _, index = np.unique(patient, return_inverse=True)
    drawn = np.random.default_rng(seed).random((resamples, index.max() + 1))[:, index]
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    members = (bin_of[:, None] == np.arange(bins)).astype(np.float64)
    errors = np.abs(((drawn < probability) - probability) @ members).sum(1) / len(probability)
    low, high = np.percentile(errors, (2.5, 97.5))
    return PerfectCalibration(
        mean=round(float(errors.mean()), 6),
        low=round(float(low), 6),
        high=round(float(high), 6),
        debiased=round(max(error - float(errors.mean()), 0.0), 6),
    )
