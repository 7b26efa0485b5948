"""`stability.json`: how much maps change under noise, shifts and retraining."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from camfolio.results.result import Count, HounsfieldUnits, MethodKey, ResultFile
from camfolio.results.similarity import Similarity

Change = Literal["noise", "shift", "seed"]


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
    """Similarity by change and method: `noise`, `shift` by one pixel and, with further trainings, `seed`; means over draws, shifts or trainings."""
