"""Localisation scores, maps against the nodule's mask: each is one function under `@localisation_score`.

A score is computed only for informative slices: the map is positive somewhere, and the mask is neither empty nor the
whole slice, where every map would be right. On the others it is NaN, not defined. A uniform positive map is defined and
scores at chance level, except that Otsu's threshold cannot divide it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy import ndimage
from skimage.filters import threshold_otsu

from camfolio.shapes import Masks, Spacing
from camfolio.statistics.measures import Measure
from camfolio.statistics.ranks import ranked_auc

Maps = Float[np.ndarray, "slices height width"]
Scores = Float64[np.ndarray, " slices"]


@dataclass(frozen=True)
class Truth:
    """Where the nodules are.

    Attributes:
        masks: True on the nodule.
        spacing: mm per pixel, row and column.
        tolerance_mm: how far beside the mask a point may lie to count as near.
    """

    masks: Masks
    spacing: Spacing
    tolerance_mm: float = 0.0

    def __getitem__(self, index: np.ndarray) -> Truth:
        """The truth of some slices."""
        return Truth(self.masks[index], self.spacing[index], self.tolerance_mm)

    @property
    def informative(self) -> Bool[np.ndarray, " slices"]:
        """Where a mask can distinguish a right map from a wrong one: it is neither empty nor the whole slice."""
        share: np.ndarray = self.masks.mean((1, 2))
        return (share > 0) & (share < 1)

    @property
    def near(self) -> Masks:
        """True up to the tolerance from the nearest pixel of the mask, between centres of pixels."""
        pairs = zip(self.masks, self.spacing, strict=True)
        distance = [ndimage.distance_transform_edt(~mask, sampling=spacing) for mask, spacing in pairs]
        inside: np.ndarray = np.reshape(distance, self.masks.shape) <= self.tolerance_mm
        return inside


Function = Callable[[Maps, Truth], Scores]


@dataclass(frozen=True)
class LocalisationScore:
    """One registered score.

    Attributes:
        measure: its title, unit and direction.
        function: computes it for informative slices.
        chance: whether the score of a uniform map is a chance level.
    """

    measure: Measure
    function: Function
    chance: bool

    def __call__(self, maps: Maps, truth: Truth) -> Scores:
        """The score of every slice, NaN where it is not defined.

        Args:
            maps: >= 0, at the slice's resolution, in any unit: only their proportions count.
            truth: of the same slices.
        """
        defined = truth.informative & (maps > 0).any((1, 2))
        scores = np.full(len(maps), np.nan)
        if defined.any():
            scores[defined] = self.function(maps[defined].astype(np.float64), truth[defined])
        return scores

    def at_chance(self, truth: Truth) -> Scores | None:
        """The score of a uniform map, slice by slice; None if that is not a chance level."""
        return self(np.ones(truth.masks.shape), truth) if self.chance else None


LOCALISATION: dict[str, LocalisationScore] = {}
"""Name -> score, in the order of pages."""


def localisation_score(measure: Measure, *, chance: bool = True) -> Callable[[Function], Function]:
    """Register a function under its own name: tables, figures and the explorer show it with these words.

    Args:
        measure: title, unit and direction, and where else than in the table of scores it is shown.
        chance: whether the score of a uniform map is a chance level.
    """

    def register(function: Function) -> Function:
        LOCALISATION[function.__name__] = LocalisationScore(measure, function, chance)
        return function

    return register


def area_share(masks: Masks) -> Scores:
    """The share of the slice that the nodule covers, 0 to 1: the energy share of a uniform map.

    NaN where the mask is empty: how large the nodule is there is not known.
    """
    share: np.ndarray = np.where(masks.any((1, 2)), masks.mean((1, 2), dtype=np.float64), np.nan)
    return share


@localisation_score(Measure("energy inside the nodule", "share", by_layer=True))
def energy_share(maps: Maps, truth: Truth) -> Scores:
    """sum(map inside the mask) / sum(map), 0 to 1 (energy-based pointing game, Wang et al. 2020, arXiv 1910.01279)."""
    share: np.ndarray = (maps * truth.masks).sum((1, 2)) / maps.sum((1, 2))
    return share


@localisation_score(Measure("energy inside the nodule over its share of the area", "ratio", panel=True))
def energy_ratio(maps: Maps, truth: Truth) -> Scores:
    """Energy share over area share: 1 is chance."""
    ratio: np.ndarray = energy_share(maps, truth) / area_share(truth.masks)
    return ratio


def share_of_maxima(maps: Maps, places: Masks) -> Scores:
    """The share of the pixels with a map's largest value that lie in `places`."""
    highest = maps == maps.max((1, 2), keepdims=True)
    share: np.ndarray = (highest & places).sum((1, 2)) / highest.sum((1, 2))
    return share


@localisation_score(Measure("maximum inside the nodule", "share", panel=True))
def pointing_game(maps: Maps, truth: Truth) -> Scores:
    """1 if the map's maximum lies on the mask, else 0 (Zhang et al. 2018, arXiv 1608.00507).

    Of several equal maxima the share that does: what a choice among them at random would get on average.
    """
    return share_of_maxima(maps, truth.masks)


@localisation_score(Measure("maximum inside or near the nodule", "share"))
def pointing_game_near(maps: Maps, truth: Truth) -> Scores:
    """The pointing game on the mask and all that lies within the tolerance of it, in mm."""
    return share_of_maxima(maps, truth.near)


@localisation_score(Measure("overlap at Otsu's threshold", "share"), chance=False)
def iou_otsu(maps: Maps, truth: Truth) -> Scores:
    """Intersection over union of the mask and the pixels above Otsu's threshold (256 bins, Otsu 1979), 0 to 1.

    NaN for a uniform map, which no threshold divides.
    """
    scores = np.full(len(maps), np.nan)
    for i in np.flatnonzero(np.ptp(maps, axis=(1, 2)) > 0):
        share = maps[i] / maps[i].max()
        above = share > threshold_otsu(share)  # type: ignore[no-untyped-call]  # scikit-image has no annotations
        scores[i] = (above & truth.masks[i]).sum() / (above | truth.masks[i]).sum()
    return scores


@localisation_score(Measure("overlap at the nodule's own area", "share"))
def iou_area(maps: Maps, truth: Truth) -> Scores:
    """Intersection over union of the mask and the map's highest pixels, as many as the mask has, 0 to 1.

    Pixels with the value at which the count is reached belong to them by the share that is needed: no order of equal
    pixels is preferred.
    """
    size = truth.masks.sum((1, 2))
    falling = -np.sort(-maps.reshape(len(maps), -1), axis=1)
    limit = np.take_along_axis(falling, size[:, None] - 1, axis=1)[:, :, None]
    above, level = maps > limit, maps == limit
    needed = (size - above.sum((1, 2))) / level.sum((1, 2))
    common = (above & truth.masks).sum((1, 2)) + needed * (level & truth.masks).sum((1, 2))
    overlap: np.ndarray = common / (2 * size - common)
    return overlap


@localisation_score(Measure("AUC of the map as a pixel classifier", "share", panel=True, by_layer=True))
def pixel_auc(maps: Maps, truth: Truth) -> Scores:
    """How often a pixel of the nodule has a higher value than one beside it, equal ones counting half: 0.5 is chance."""
    inside = truth.masks.reshape(len(maps), -1)
    return ranked_auc(maps.reshape(inside.shape), inside)


@localisation_score(
    Measure("distance from the map's centre of mass to the nodule's", "mm", "lower", panel=True), chance=False
)
def centre_distance(maps: Maps, truth: Truth) -> Scores:
    """From the map's centre of mass to the centroid of the mask, mm. The slice's centre is a control, not chance."""
    difference = (centre_of_mass(maps) - centre_of_mass(truth.masks.astype(np.float64))) * truth.spacing
    distance: np.ndarray = np.hypot(difference[:, 0], difference[:, 1])
    return distance


def centre_of_mass(maps: Maps) -> Float64[np.ndarray, "slices 2"]:
    """Row and column in pixels, weighed by the map's values."""
    share = maps / maps.sum((1, 2), keepdims=True)
    rows, columns = (np.arange(length) for length in maps.shape[1:])
    return np.stack([(share.sum(2) * rows).sum(1), (share.sum(1) * columns).sum(1)], axis=1)
