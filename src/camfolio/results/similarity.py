"""Similarity of two sets of maps of the same slices, as means over the slices."""

from __future__ import annotations

from camfolio.results.interval import Interval
from camfolio.results.result import Result


class Similarity(Result):
    """Similarity of two sets of maps, means over slices with intervals over patients: 1 for equal patterns, about 0 for unrelated ones."""

    rank_signed: Interval
    """Spearman's rank correlation over pixels of the signed maps, -1 to 1."""
    rank_absolute: Interval
    """Spearman's rank correlation over pixels of the absolute maps, -1 to 1."""
    ssim_signed: Interval
    """Structural similarity of the signed maps, -1 to 1."""
    ssim_absolute: Interval
    """Structural similarity of the absolute maps, -1 to 1."""

    def of(self, measure: str) -> Interval:
        """One similarity by the name of its field."""
        interval: Interval = getattr(self, measure)
        return interval
