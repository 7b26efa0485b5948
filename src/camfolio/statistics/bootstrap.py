"""Cluster bootstrap: slices of a patient are correlated, so patients are resampled."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from camfolio.results.interval import Interval

Statistic = Callable[[np.ndarray], float]


def patient_resamples(patient: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Indices of the slices of each bootstrap resample.

    Args:
        patient: (N,) ids; as many patients as in the data are drawn with replacement, each with all slices.
        resamples: number of resamples.
        seed: the same seed gives the same resamples, so that differences can be paired.
    """
    _, owner = np.unique(patient, return_inverse=True)
    members = [np.flatnonzero(owner == index) for index in range(owner.max() + 1)]
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = generator.integers(0, len(members), len(members))
        yield np.concatenate([members[index] for index in drawn])


def interval(statistic: Statistic, patient: np.ndarray, resamples: int, seed: int) -> Interval:
    """A statistic of slices (indices -> number, NaN where not defined) with its interval over patients."""
    value = statistic(np.arange(len(patient)))
    drawn = np.array([statistic(index) for index in patient_resamples(patient, resamples, seed)])
    return summarise(value, drawn)


def summarise(value: float, drawn: np.ndarray) -> Interval:
    """An interval from a value and the values of the resamples; NaN means not defined."""
    defined = drawn[np.isfinite(drawn)]
    undefined = len(drawn) - len(defined)
    if not np.isfinite(value):
        return Interval(value=None, low=None, high=None, undefined=undefined)
    if not len(defined):
        return Interval(value=float(value), low=None, high=None, undefined=undefined)
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(value=float(value), low=float(low), high=float(high), undefined=undefined)
