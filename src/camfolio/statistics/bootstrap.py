"""Cluster bootstrap: slices of a patient are correlated, so patients are resampled; all intervals are computed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float64
from scipy.special import ndtr, ndtri, stdtrit

from camfolio.results.interval import Interval

Statistic = Callable[[np.ndarray], float]
CONFIDENCE = 0.95
FEWEST = 2
"""Patients without whom there is no interval."""
ROUNDING = 1e-12
"""Values of a resample this near to the value on the data, relative to it, count as equal, whatever the order of summation."""


def members(patient: np.ndarray) -> list[np.ndarray]:
    """Indices of the slices of every patient, in the order of ids."""
    names, patient_index = np.unique(patient, return_inverse=True)
    return [np.flatnonzero(patient_index == i) for i in range(len(names))]


def patient_resamples(patient: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Indices of the slices of each bootstrap resample.

    Args:
        patient: (N,) patient ids of the slices.
        resamples: number of resamples.
        seed: the same seed gives the same resamples, so that differences can be paired.

    Yields:
        Indices of all slices of patients drawn with replacement, as many patients as in the data.
    """
    slices = members(patient)
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = generator.integers(0, len(slices), len(slices))
        yield np.concatenate([slices[i] for i in drawn])


def without_each(patient: np.ndarray) -> Iterator[np.ndarray]:
    """Indices of the slices of all patients but one, leaving out each in turn; nothing for a single patient.

    >>> [index.tolist() for index in without_each(np.array(["b", "a", "b"]))]
    [[0, 2], [1]]
    """
    slices = members(patient)
    for left_out in slices if len(slices) >= FEWEST else ():
        yield np.setdiff1d(np.arange(len(patient)), left_out)


def interval(statistic: Statistic, patient: np.ndarray, resamples: int, seed: int) -> Interval:
    """A statistic with its 95 % interval over patients.

    Args:
        statistic: from indices of slices to a number, NaN if it is not defined on them.
        patient: (N,) patient ids of the slices.
        resamples: number of bootstrap resamples.
        seed: of the resamples.
    """
    value = statistic(np.arange(len(patient)))
    drawn = np.array([statistic(index) for index in patient_resamples(patient, resamples, seed)])
    return summarise(value, drawn, np.array([statistic(index) for index in without_each(patient)], dtype=np.float64))


def summarise(
    value: float, drawn: Float64[np.ndarray, " resamples"], left_out: Float64[np.ndarray, " patients"]
) -> Interval:
    """The 95 % interval of a value, with the number of resamples on which it is not defined (see `ends`)."""
    low, high = ends(value, drawn, left_out, CONFIDENCE)
    known = float(value) if np.isfinite(value) else None
    return Interval(value=known, low=low, high=high, undefined=int((~np.isfinite(drawn)).sum()))


def ends(
    value: float,
    drawn: Float64[np.ndarray, " resamples"],
    left_out: Float64[np.ndarray, " patients"],
    confidence: float,
) -> tuple[float | None, float | None]:
    """Ends of a bias-corrected and accelerated bootstrap interval (BCa, Efron 1987, doi 10.1080/01621459.1987.10478410).

    The ends are the quantiles Phi(z0 + (z0 + q) / (1 - a (z0 + q))) of the values on the resamples. z0 = Phi^-1 of the share of
    resamples below the value, ties counting half, corrects bias; a = sum d^3 / (6 (sum d^2)^(3/2)), the acceleration, corrects
    skewness, d being the mean of the jackknife values minus each. With n patients, q are quantiles of Student's t with n - 1
    degrees of freedom times sqrt(n / (n - 1)) instead of the normal ones, since the variance among resamples is too small by
    (n - 1) / n (Hesterberg 2015, doi 10.1080/00031305.2015.1089789). `benchmarks/intervals.py` measures coverage.

    Args:
        value: on the data.
        drawn: on the resamples of patients; NaN where not defined, which is left out.
        left_out: on the data without one patient, for every patient that the value depends on.
        confidence: nominal coverage, 0 to 1.

    Returns:
        Lower and upper end, with the value between them; None with fewer than two patients or where not defined.
    """
    defined, patients = drawn[np.isfinite(drawn)], len(left_out)
    if not np.isfinite(value) or not len(defined) or patients < FEWEST:
        return None, None
    near = ROUNDING * max(1.0, abs(value))
    below = (defined < value - near).mean() + (np.abs(defined - value) <= near).mean() / 2
    bias = ndtri(np.clip(below, 0.5 / len(defined), 1 - 0.5 / len(defined)))
    wide = stdtrit(patients - 1, (1 + confidence) / 2) * np.sqrt(patients / (patients - 1))
    shift = bias + np.array([-wide, wide])
    places = ndtr(bias + shift / np.maximum(1 - acceleration(left_out) * shift, ROUNDING))
    low, high = np.quantile(defined, places)
    return min(float(low), float(value)), max(float(high), float(value))


def acceleration(left_out: Float64[np.ndarray, " patients"]) -> float:
    """Acceleration of a BCa interval by the jackknife over patients; 0 if the value does not depend on who is left out."""
    defined = left_out[np.isfinite(left_out)]
    spread = defined.mean() - defined if len(defined) else defined
    scale = float((spread**2).sum()) ** 1.5
    return float((spread**3).sum()) / (6 * scale) if scale > 0 else 0.0
