"""How far a map's centre follows the nodule from slice to slice: 1 is wherever the nodule is, 0 always the same place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from camfolio.evidence.localisation import centre_of_mass
from camfolio.shapes import Maps, Masks, Spacing

Positions = Float64[np.ndarray, "slices 2"]
"""Row and column in mm from the slice's centre; NaN where there is none."""


@dataclass(frozen=True)
class Places:
    """Where nodules and one subject's maps are.

    Attributes:
        nodule: centroids of the masks.
        centre_of_mass: of the maps.
        maximum: of the maps; the mean of several equal maxima.
    """

    nodule: Positions
    centre_of_mass: Positions
    maximum: Positions


def places(maps: Maps, masks: Masks, spacing: Spacing) -> Places:
    """Where nodules and maps are; NaN without a mask, and without a positive value of the map.

    Args:
        maps: >= 0.
        masks: of the nodules.
        spacing: mm per pixel, row and column.
    """
    highest = (maps == maps.max((1, 2), keepdims=True)) & (maps > 0)
    return Places(*(in_mm(values, spacing) for values in (masks, maps, highest)))


def in_mm(values: Maps | Masks, spacing: Spacing) -> Positions:
    """The centres of mass in mm from the slice's centre; NaN where nothing is positive."""
    found = np.full((len(values), 2), np.nan)
    some = values.any((1, 2))
    middle = (np.array(values.shape[1:]) - 1) / 2
    found[some] = (centre_of_mass(values[some].astype(np.float64)) - middle) * spacing[some]
    return found


def slope(centre: Positions, nodule: Positions) -> float:
    """Slope of the map's centre on the nodule's by least squares, both axes together, each through its own means.

    sum((nodule - mean) * (centre - mean)) / sum((nodule - mean)**2) over slices and axes. The mask itself has 1, a map that
    does not depend on the slice 0; a map that is uniform but for a share of its energy on the nodule has that share, by its
    centre of mass. NaN where all nodules are at one place. Slices without a centre are left out.
    """
    both = np.isfinite(centre).all(1) & np.isfinite(nodule).all(1)
    if not both.any():
        return float("nan")
    place, answer = (found[both] - found[both].mean(0) for found in (nodule, centre))
    moved = float((place**2).sum())
    return float((place * answer).sum()) / moved if moved > 0 else float("nan")
