"""Cluster bootstrap: slices of a patient are correlated, so patients are resampled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

Statistic = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % percentile interval.

    Attributes:
        value: on all slices; None if not defined.
        low, high: 2.5th and 97.5th percentile over the resamples in which the value is defined; None if there are none.
        undefined: number of resamples in which the value is not defined.
    """

    value: float | None
    low: float | None
    high: float | None
    undefined: int = 0


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
        return Interval(None, None, None, undefined)
    if not len(defined):
        return Interval(float(value), None, None, undefined)
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(float(value), float(low), float(high), undefined)
