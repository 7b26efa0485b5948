"""Cluster bootstrap: slices of a patient are correlated, so patients are resampled."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from camfolio.results.interval import Interval

Statistic = Callable[[np.ndarray], float]


def patient_resamples(patient: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Indices of the slices of each bootstrap resample.

    Args:
        patient: (N,) patient ids of the slices.
        resamples: number of resamples.
        seed: the same seed gives the same resamples, so that differences can be paired.

    Yields:
        Indices of all slices of patients drawn with replacement, as many patients as in the data.
    """
    _, patient_index = np.unique(patient, return_inverse=True)
    members = [np.flatnonzero(patient_index == i) for i in range(patient_index.max() + 1)]
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = generator.integers(0, len(members), len(members))
        yield np.concatenate([members[i] for i in drawn])


def interval(statistic: Statistic, patient: np.ndarray, resamples: int, seed: int) -> Interval:
    """A statistic with its 95 % percentile interval over patients.

    Args:
        statistic: from indices of slices to a number, NaN if it is not defined on them.
        patient: (N,) patient ids of the slices.
        resamples: number of bootstrap resamples.
        seed: of the resamples.
    """
    value = statistic(np.arange(len(patient)))
    drawn = np.array([statistic(index) for index in patient_resamples(patient, resamples, seed)])
    return summarise(value, drawn)


def summarise(value: float, drawn: np.ndarray) -> Interval:
    """The interval of a value from its values on the resamples; NaN means not defined."""
    defined = drawn[np.isfinite(drawn)]
    undefined = len(drawn) - len(defined)
    if not np.isfinite(value):
        return Interval(value=None, low=None, high=None, undefined=undefined)
    if not len(defined):
        return Interval(value=float(value), low=None, high=None, undefined=undefined)
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(value=float(value), low=float(low), high=float(high), undefined=undefined)
