"""How certain means and differences are: patients drawn once for all scores, paired tests, Holm's correction, verdicts.

Slices of one patient are alike, so the patient is the unit: intervals are over patients drawn with replacement, and
tests see one mean per patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64
from scipy.stats import wilcoxon

from camfolio.shapes import Names
from camfolio.statistics.bootstrap import Interval, summarise
from camfolio.statistics.measures import Direction

Scores = Float64[np.ndarray, " slices"]
Verdict = Literal["better", "worse", "equivalent", "not separable", "not defined"]
LEVEL = 0.05
"""Of tests, after correction; intervals are at 1 - LEVEL, those of the equivalence tests at 1 - 2 LEVEL."""


class Patients:
    """Patients drawn with replacement, once for everything that is to be compared.

    Args:
        patient: (N,) ids of the slices.
        resamples: how many times as many patients as there are get drawn, each with all of its slices.
        seed: the same draws as `bootstrap.patient_resamples` with this seed.
    """

    def __init__(self, patient: Names, resamples: int, seed: int) -> None:
        names, self.owner = np.unique(patient, return_inverse=True)
        self.count = len(names)
        drawn = np.random.default_rng(seed).integers(0, self.count, (resamples, self.count))
        self.times = np.stack([np.bincount(row, minlength=self.count) for row in drawn]).astype(np.float64)

    def sums(
        self, values: Float64[np.ndarray, "slices scores"]
    ) -> tuple[Float64[np.ndarray, "patients scores"], Float64[np.ndarray, "patients scores"]]:
        """Per patient: sums of the defined values, and how many of them there are."""
        defined = np.isfinite(values)
        found = np.zeros((2, self.count, values.shape[1]))
        np.add.at(found[0], self.owner, np.where(defined, values, 0.0))
        np.add.at(found[1], self.owner, defined)
        return found[0], found[1]

    def means(
        self, values: Float64[np.ndarray, "slices scores"]
    ) -> tuple[Float64[np.ndarray, " scores"], Float64[np.ndarray, "resamples scores"]]:
        """The mean of the defined values of every column, over all slices and in every resample; NaN if there is none."""
        sums, counts = self.sums(values)
        return ratio(sums.sum(0), counts.sum(0)), ratio(self.times @ sums, self.times @ counts)

    def intervals(self, values: Float64[np.ndarray, "slices scores"]) -> list[Interval]:
        """Means with 95 % intervals, column by column."""
        mean, drawn = self.means(values)
        return [summarise(float(value), column) for value, column in zip(mean, drawn.T, strict=True)]

    def patient_means(self, values: Scores) -> Float64[np.ndarray, " patients"]:
        """One mean per patient that has a defined value."""
        sums, counts = self.sums(values[:, None])
        found: np.ndarray = sums[counts > 0] / counts[counts > 0]
        return found


def ratio(sums: Float64[np.ndarray, "*any"], counts: Float64[np.ndarray, "*any"]) -> Float64[np.ndarray, "*any"]:
    """Sums over counts, NaN where nothing was counted."""
    found: np.ndarray = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return found


@dataclass(frozen=True)
class Difference:
    """A paired difference, one minus other, over the slices on which both are defined.

    Attributes:
        interval: mean with its 95 % interval over patients.
        low90, high90: the 90 % interval, for two one-sided tests at 5 % each; None where there is none.
        p: Wilcoxon's signed-rank test on one mean per patient, two-sided, not corrected; None without a patient.
        slices, patients: how many there are.
        slices_undefined: how many slices are left out.
    """

    interval: Interval
    low90: float | None
    high90: float | None
    p: float | None
    slices: int
    patients: int
    slices_undefined: int


def difference(one: Scores, other: Scores, patients: Patients) -> Difference:
    """Two scores of the same slices compared."""
    pairs = one - other
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
    """P of Wilcoxon's signed-rank test; 1 if all values are zero, None if there are none."""
    if not len(values):
        return None
    return float(wilcoxon(values).pvalue) if np.any(values) else 1.0


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Corrected for a family of tests (Holm 1979): the smallest is multiplied by their number, the next by one less, and
    so on, never falling. None is no test and does not count.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    places = sorted((i for i, value in enumerate(p) if value is not None), key=lambda i: p[i] or 0.0)
    found: list[float | None] = [None] * len(p)
    worst = 0.0
    for done, i in enumerate(places):
        worst = max(worst, min(1.0, (len(places) - done) * (p[i] or 0.0)))
        found[i] = worst
    return found


def is_equivalent(found: Difference, margin: float) -> bool:
    """Two one-sided tests at 5 % each: the 90 % interval lies within the margin on either side of zero."""
    return found.low90 is not None and found.high90 is not None and -margin < found.low90 and found.high90 < margin


def verdict(found: Difference, corrected: float | None, better: Direction, margin: float) -> Verdict:
    """What may be said of the first of two.

    Better or worse only if the interval excludes zero and the corrected p is below 0.05; equivalent only if the
    equivalence test says so and no difference is shown; else they are not separable.

    Args:
        found: the difference.
        corrected: its p after Holm's correction.
        better: which direction of the score is.
        margin: differences within it do not matter.
    """
    low, high = found.interval.low, found.interval.high
    if low is None or high is None or corrected is None:
        return "not defined"
    if corrected < LEVEL and (low > 0 or high < 0):
        return "better" if (low > 0) == (better == "higher") else "worse"
    return "equivalent" if is_equivalent(found, margin) else "not separable"
