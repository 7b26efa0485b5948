"""Maps against the nodule's mask."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64

from camfolio.shapes import Masks


def energy_share(maps: Float[np.ndarray, "slices height width"], masks: Masks) -> Float64[np.ndarray, " slices"]:
    """The share of a map's energy that lies inside the nodule (energy-based pointing game, Wang et al. 2020).

    sum(map inside the mask) / sum(map), from 0 to 1; what a map of one value everywhere would get is `area_share`.

    Args:
        maps: >= 0, at the slice's resolution.
        masks: the nodule.

    Returns:
        (N,); NaN where the map or the mask is empty: not defined.
    """
    energy = maps.astype(np.float64)
    total = energy.sum((1, 2))
    inside = (energy * masks).sum((1, 2))
    defined = (total > 0) & masks.any((1, 2))
    share: np.ndarray = np.divide(inside, total, out=np.full(len(maps), np.nan), where=defined)
    return share


def area_share(masks: Masks) -> Float64[np.ndarray, " slices"]:
    """The share of the slice that the nodule covers, 0 to 1: the energy share of a map that says nothing.

    NaN where the mask is empty: how large the nodule is there is not known.
    """
    share: np.ndarray = np.where(masks.any((1, 2)), masks.mean((1, 2), dtype=np.float64), np.nan)
    return share


def energy_ratio(maps: Float[np.ndarray, "slices height width"], masks: Masks) -> Float64[np.ndarray, " slices"]:
    """Energy share over area share: 1 is chance, NaN where the map or the mask is empty."""
    ratio: np.ndarray = energy_share(maps, masks) / area_share(masks)
    return ratio
