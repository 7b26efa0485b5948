"""Uncertainty of means and differences: patient bootstrap, paired tests, Holm's correction, verdicts.

Slices of a patient are correlated, so the patient is the unit: intervals are over patients drawn with replacement, and
tests flip the signs of patients' sums. Both are about the same number, the mean over slices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from camfolio.results.interval import Interval
from camfolio.results.scoreboard import Direction, Verdict
from camfolio.shapes import Names
from camfolio.statistics.bootstrap import FEWEST, ends, summarise
from camfolio.statistics.defined import ratio
from camfolio.statistics.sign_flips import LEVEL, sign_flip_test

Estimate = tuple[float, Float64[np.ndarray, " resamples"], Float64[np.ndarray, " patients"]]
"""A mean on the data, on every resample, and on the data without each patient who has a defined value."""


class Patients:
    """Bootstrap resamples of patients, drawn once for all scores that are compared.

    Args:
        patient: (N,) patient ids of the slices.
        resamples: number of resamples of as many patients as in the data, each with all slices.
        seed: of the draws, which are those of `bootstrap.patient_resamples` with the same seed.
    """

    def __init__(self, patient: Names, resamples: int, seed: int) -> None:
        names, self.index = np.unique(patient, return_inverse=True)
        self.count, self.seed = len(names), seed
        drawn = np.random.default_rng(seed).integers(0, self.count, (resamples, self.count))
        self.multiplicity = np.stack([np.bincount(row, minlength=self.count) for row in drawn]).astype(np.float64)

    def sums(
        self, values: Float64[np.ndarray, "slices scores"]
    ) -> tuple[Float64[np.ndarray, "patients scores"], Float64[np.ndarray, "patients scores"]]:
        """Per patient: sums and counts of the defined values."""
        defined = np.isfinite(values)
        sums, counts = np.zeros((2, self.count, values.shape[1]))
        np.add.at(sums, self.index, np.where(defined, values, 0.0))
        np.add.at(counts, self.index, defined)
        return sums, counts

    def estimates(self, values: Float64[np.ndarray, "slices scores"]) -> Iterator[Estimate]:
        """The mean of the defined values of every column, over all slices, in every resample and without each patient."""
        sums, counts = self.sums(values)
        means = ratio(sums.sum(0), counts.sum(0))
        drawn = ratio(self.multiplicity @ sums, self.multiplicity @ counts)
        left_out = ratio(sums.sum(0) - sums, counts.sum(0) - counts)
        for column, mean in enumerate(means.tolist()):
            yield mean, drawn[:, column], left_out[counts[:, column] > 0, column]

    def intervals(self, values: Float64[np.ndarray, "slices scores"]) -> list[Interval]:
        """Means with 95 % intervals and the number of slices with an undefined value, column by column."""
        undefined = (~np.isfinite(values)).sum(0).tolist()
        return [
            summarise(*estimate).model_copy(update={"slices_undefined": slices})
            for estimate, slices in zip(self.estimates(values), undefined, strict=True)
        ]

    def interval(self, values: Float64[np.ndarray, " slices"]) -> Interval:
        """The mean of one score with its 95 % interval and the number of slices with an undefined value."""
        return self.intervals(values[:, None])[0]


@dataclass(frozen=True)
class Difference:
    """A paired difference, first minus second, over the slices on which both are defined.

    Attributes:
        interval: mean with its 95 % interval over patients.
        low90, high90: the 90 % interval, for two one-sided tests at 5 % each; None if not defined.
        p: of the sign-flip test of the mean, two-sided, not corrected; None with fewer than two patients.
        slices, patients: numbers of slices and patients.
        slices_undefined: number of slices excluded.
    """

    interval: Interval
    low90: float | None
    high90: float | None
    p: float | None
    slices: int
    patients: int
    slices_undefined: int


def differences(pairs: Float64[np.ndarray, "slices comparisons"], patients: Patients) -> list[Difference]:
    """Paired differences, column by column.

    Args:
        pairs: score of the first minus score of the second subject; NaN where one is not defined.
        patients: of these slices.
    """
    sums, counts = patients.sums(pairs)
    slices, of_patients = counts.sum(0).astype(int), (counts > 0).sum(0)
    p = sign_flip_test(sums, patients.seed)
    found = []
    for column, estimate in enumerate(patients.estimates(pairs)):
        low90, high90 = ends(*estimate, 1 - 2 * LEVEL)
        found.append(
            Difference(
                interval=summarise(*estimate),
                low90=low90,
                high90=high90,
                p=float(p[column]) if of_patients[column] >= FEWEST else None,
                slices=int(slices[column]),
                patients=int(of_patients[column]),
                slices_undefined=len(pairs) - int(slices[column]),
            )
        )
    return found


def holm(p: Sequence[float | None]) -> list[float | None]:
    """P values corrected for a family of tests (Holm 1979); None is an undefined test and is not counted.

    The smallest of m p values is multiplied by m, the next by m - 1, and so on; corrected values are at most 1 and never
    decrease.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    order = sorted((i for i, value in enumerate(p) if value is not None), key=lambda i: p[i] or 0.0)
    corrected: list[float | None] = [None] * len(p)
    largest = 0.0
    for position, i in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - position) * (p[i] or 0.0)))
        corrected[i] = largest
    return corrected


def is_equivalent(difference: Difference, margin: float) -> bool:
    """Two one-sided tests at 5 % each: the 90 % interval lies within the margin on either side of zero."""
    low, high = difference.low90, difference.high90
    return low is not None and high is not None and -margin < low and high < margin


def verdict(difference: Difference, corrected: float | None, better: Direction, margin: float) -> Verdict:
    """The verdict on the first of two compared subjects.

    A difference is shown if the interval excludes zero and the corrected p is below 0.05. Then the first is better or worse by
    the sign of the mean, or different within the margin if the equivalence test is significant, too. Without a shown
    difference they are equivalent if that test is significant, else not separable.

    Args:
        difference: score of the first minus score of the second.
        corrected: its p value after Holm's correction.
        better: whether higher or lower scores are better.
        margin: of equivalence, in the score's unit.
    """
    low, high = difference.interval.low, difference.interval.high
    if low is None or high is None or corrected is None:
        return "not defined"
    within = is_equivalent(difference, margin)
    if corrected < LEVEL and (low > 0 or high < 0):
        if within:
            return "different within margin"
        return "better" if (low > 0) == (better == "higher") else "worse"
    return "equivalent" if within else "not separable"
