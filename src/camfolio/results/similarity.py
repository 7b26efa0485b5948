"""Similarity of two sets of maps of the same slices, as means over the slices."""

from __future__ import annotations

from camfolio.results.interval import Interval
from camfolio.results.networks import NetworksInterval
from camfolio.results.result import Result


class Similarity(Result):
    """Similarity of two sets of maps, means over slices with intervals over patients: 1 for equal patterns, about 0 for unrelated ones."""

    rank_signed: Interval
    """Spearman's rank correlation over pixels of the signed maps, rho, -1 to 1."""
    rank_magnitude: Interval
    """Its size, |rho|, 0 to 1, which is above 0 for unrelated maps, too."""
    rank_absolute: Interval
    """Spearman's rank correlation over pixels of the absolute maps, -1 to 1."""
    ssim_signed: Interval
    """Structural similarity of the signed maps, -1 to 1."""
    ssim_absolute: Interval
    """Structural similarity of the absolute maps, -1 to 1."""
    overlap: Interval
    """Share of the highest tenth of the pixels that are among the highest tenth of the other map, 0 to 1; 0.1 at random."""

    def of(self, measure: str) -> Interval:
        """One similarity by the name of its field."""
        interval: Interval = getattr(self, measure)
        return interval


class NetworksSimilarity(Similarity):
    """Similarity of the maps of several networks to those of one, means over slices and networks."""

    rank_signed: NetworksInterval
    """Spearman's rank correlation over pixels of the signed maps, rho, -1 to 1."""
    rank_magnitude: NetworksInterval
    """Its size, |rho|, 0 to 1, which is above 0 for unrelated maps, too."""
    rank_absolute: NetworksInterval
    """Spearman's rank correlation over pixels of the absolute maps, -1 to 1."""
    ssim_signed: NetworksInterval
    """Structural similarity of the signed maps, -1 to 1."""
    ssim_absolute: NetworksInterval
    """Structural similarity of the absolute maps, -1 to 1."""
    overlap: NetworksInterval
    """Share of the highest tenth of the pixels that are among the highest tenth of the other map, 0 to 1; 0.1 at random."""
