"""Uncertainty of means and differences: patient bootstrap, paired tests, Holm's correction, verdicts.

Slices of a patient are correlated, so the patient is the unit: intervals are over patients drawn with replacement, and
tests use one mean per patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.stats import wilcoxon

from camfolio.results.interval import Interval
from camfolio.results.scoreboard import Direction, Verdict
from camfolio.shapes import Names
from camfolio.statistics.bootstrap import summarise
from camfolio.statistics.defined import ratio

LEVEL = 0.05
"""Significance level of corrected p values; intervals are at 1 - LEVEL, those of the equivalence tests at 1 - 2 LEVEL."""


class Patients:
    """Bootstrap resamples of patients, drawn once for all scores that are compared.

    Args:
        patient: (N,) patient ids of the slices.
        resamples: number of resamples of as many patients as in the data, each with all slices.
        seed: of the draws, which are those of `bootstrap.patient_resamples` with the same seed.
    """

    def __init__(self, patient: Names, resamples: int, seed: int) -> None:
        names, self.index = np.unique(patient, return_inverse=True)
        self.count = len(names)
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

    def means(
        self, values: Float64[np.ndarray, "slices scores"]
    ) -> tuple[Float64[np.ndarray, " scores"], Float64[np.ndarray, "resamples scores"]]:
        """The mean of the defined values of every column, over all slices and in every resample; NaN if there are none."""
        sums, counts = self.sums(values)
        return ratio(sums.sum(0), counts.sum(0)), ratio(self.multiplicity @ sums, self.multiplicity @ counts)

    def intervals(self, values: Float64[np.ndarray, "slices scores"]) -> list[Interval]:
        """Means with 95 % intervals and the number of slices with an undefined value, column by column."""
        mean, drawn = self.means(values)
        undefined = (~np.isfinite(values)).sum(0).tolist()
        return [
            summarise(float(value), column).model_copy(update={"slices_undefined": slices})
            for value, column, slices in zip(mean, drawn.T, undefined, strict=True)
        ]

    def interval(self, values: Float64[np.ndarray, " slices"]) -> Interval:
        """The mean of one score with its 95 % interval and the number of slices with an undefined value."""
        return self.intervals(values[:, None])[0]

    def patient_means(self, values: Float64[np.ndarray, " slices"]) -> Float64[np.ndarray, " patients"]:
        """One mean per patient that has a defined value."""
        sums, counts = self.sums(values[:, None])
        means: np.ndarray = sums[counts > 0] / counts[counts > 0]
        return means


@dataclass(frozen=True)
class Difference:
    """A paired difference, first minus second, over the slices on which both are defined.

    Attributes:
        interval: mean with its 95 % interval over patients.
        low90, high90: the 90 % interval, for two one-sided tests at 5 % each; None if not defined.
        p: Wilcoxon's signed-rank test on one mean per patient, two-sided, not corrected; None without a defined pair.
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


def difference(
    first: Float64[np.ndarray, " slices"], second: Float64[np.ndarray, " slices"], patients: Patients
) -> Difference:
    """The paired difference of two scores of the same slices."""
    pairs = first - second
    mean, drawn = patients.means(pairs[:, None])
    defined = drawn[np.isfinite(drawn)]
    low, high = np.percentile(defined, [100 * LEVEL, 100 * (1 - LEVEL)]) if len(defined) else (None, None)
    by_patient = patients.patient_means(pairs)
    count = int(np.isfinite(pairs).sum())
    return Difference(
        interval=summarise(float(mean[0]), drawn[:, 0]),
        low90=None if low is None else float(low),
        high90=None if high is None else float(high),
        p=signed_rank(by_patient),
        slices=count,
        patients=len(by_patient),
        slices_undefined=len(pairs) - count,
    )


def signed_rank(values: Float64[np.ndarray, " patients"]) -> float | None:
    """P value of Wilcoxon's signed-rank test; 1 if all values are zero, None if there are none."""
    if not len(values):
        return None
    return float(wilcoxon(values).pvalue) if np.any(values) else 1.0


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

    Better or worse only if the interval excludes zero and the corrected p is below 0.05; equivalent only if the
    equivalence test is significant and no difference is shown; else not separable.

    Args:
        difference: score of the first minus score of the second.
        corrected: its p value after Holm's correction.
        better: whether higher or lower scores are better.
        margin: of equivalence, in the score's unit.
    """
    low, high = difference.interval.low, difference.interval.high
    if low is None or high is None or corrected is None:
        return "not defined"
    if corrected < LEVEL and (low > 0 or high < 0):
        return "better" if (low > 0) == (better == "higher") else "worse"
    return "equivalent" if is_equivalent(difference, margin) else "not separable"
