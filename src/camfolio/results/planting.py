"""`planting.json`: which slices have a planted cue, and how much it changes them."""

from __future__ import annotations

from typing import ClassVar

from camfolio.results.result import Count, HounsfieldUnits, Pixels, Result, ResultFile, Share


class LearningCounts(Result):
    """Slices of the training and validation part."""

    train: Count
    """Slices of the training part."""
    validation: Count
    """Slices of the validation part."""


class PlantingResult(ResultFile):
    """Which slices have a planted cue, and how much it changes them."""

    FILE: ClassVar[str] = "planting.json"

    cue: str
    """Key of the cue."""
    words: str
    """Description of the cue."""
    pixels: Pixels
    """Pixels of the cue's region."""
    area_share: Share
    """Share of a slice that the region covers."""
    mean_change_hu: HounsfieldUnits | None
    """Mean absolute change of the region's pixels; None if no slice has the cue."""
    planted: LearningCounts
    """Slices with the cue; all are of the second class."""
    of_class: LearningCounts
    """All slices of the second class."""
