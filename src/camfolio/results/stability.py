"""`stability.json`: how much maps change under noise, shifts and retraining."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from camfolio.results.interval import Interval
from camfolio.results.result import Count, HounsfieldUnits, MethodKey, Number, Result, ResultFile
from camfolio.results.similarity import Similarity

Change = Literal["noise", "shift", "seed", "other_slice"]


class Trainings(Result):
    """The study's network and further trainings with other seeds: how much a number depends on the training."""

    auc: tuple[Number | None, ...]
    """AUC of each further training on the whole test part; None if all slices are of one class."""
    energy_share: Mapping[MethodKey, tuple[Interval, ...]]
    """Mean share of the maps' energy inside the nodule, 0 to 1, by method: of the study's network, then of each further training,
    all on the slices of the sample; with intervals over patients."""


class StabilityResult(ResultFile):
    """Similarity of maps to those of changed slices, and to those of retrained networks."""

    FILE: ClassVar[str] = "stability.json"

    slices: Count
    """Slices in the sample."""
    patients: Count
    """Patients in the sample."""
    noise_hu: HounsfieldUnits
    """Standard deviation of the noise."""
    draws: Count
    """Draws of noise for each slice."""
    seeds: Count
    """Further trainings with other seeds."""
    similarity: Mapping[Change, Mapping[MethodKey, Similarity]]
    """Similarity by change and method: `noise`, `shift` by one pixel, with further trainings `seed`, and as a reference `other_slice`: a slice of
    another patient whose map explains the same class. Means over draws, shifts or trainings; the intervals of `seed` are over trainings and
    patients."""
    trainings: Trainings | None
    """How much the network's AUC and its maps' energy depend on the training; None without further trainings."""
