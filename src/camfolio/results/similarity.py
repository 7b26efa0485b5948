"""How alike two sets of maps of the same slices are, as means over the slices."""

from __future__ import annotations

from camfolio.results.interval import Interval
from camfolio.results.result import Result


class Similarity(Result):
    """Similarity of two sets of maps, means over slices with intervals over patients: 1 is the same pattern, about 0 nothing in common."""

    rank_signed: Interval
    """Spearman's rank correlation over pixels of the signed maps, -1 to 1."""
    rank_absolute: Interval
    """The same of the absolute maps."""
    ssim_signed: Interval
    """Structural similarity of the signed maps, -1 to 1."""
    ssim_absolute: Interval
    """The same of the absolute maps."""

    def of(self, measure: str) -> Interval:
        """One similarity by its name, which is that of its field."""
        interval: Interval = getattr(self, measure)
        return interval
