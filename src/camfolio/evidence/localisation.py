"""Localisation scores, maps against the nodule's mask: each is one function under `@localisation_score`.

A score is defined only where the map has a positive value and the mask covers a part of the slice: with a mask of the
whole slice, every map would score perfectly. Elsewhere it is NaN. A uniform positive map scores at chance level, except
that its overlap at Otsu's threshold is not defined.

Maps are >= 0 everywhere in this module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage
from skimage.filters import threshold_otsu

from camfolio.shapes import Maps, Masks, Scores, Spacing
from camfolio.statistics.measures import Margin, Measure
from camfolio.statistics.ranks import ranked_auc


@dataclass(frozen=True)
class Truth:
    """Where the nodules are.

    Attributes:
        masks: True on the nodule.
        spacing: mm per pixel, row and column.
        tolerance_mm: largest distance from the mask at which a pixel counts as near, mm.
    """

    masks: Masks
    spacing: Spacing
    tolerance_mm: float = 0.0

    def __getitem__(self, index: np.ndarray) -> Truth:
        """The truth of some slices."""
        return Truth(self.masks[index], self.spacing[index], self.tolerance_mm)

    @property
    def informative(self) -> Bool[np.ndarray, " slices"]:
        """Where a mask can distinguish a correct map from a wrong one: it is neither empty nor the whole slice."""
        share: np.ndarray = self.masks.mean((1, 2))
        return (share > 0) & (share < 1)

    @property
    def near(self) -> Masks:
        """True on pixels whose centre is within the tolerance of the centre of a pixel of the mask."""
        pairs = zip(self.masks, self.spacing, strict=True)
        distance = [ndimage.distance_transform_edt(~mask, sampling=spacing) for mask, spacing in pairs]
        inside: np.ndarray = np.reshape(distance, self.masks.shape) <= self.tolerance_mm
        return inside


ScoreFunction = Callable[[Maps, Truth], Scores]

ENERGY = Margin(0.05, "about a tenth of the way from a uniform map to the mask itself at the cells of a layer")
ONE_IN_TWENTY = Margin(0.05, "one slice in twenty with its maximum elsewhere")
OVERLAP = Margin(
    0.1, "less than moving a nodule of ten pixels' diameter by half a pixel takes from its overlap with itself"
)
PIXEL_PAIRS = Margin(0.02, "one in fifty pairs of pixels, one inside and one outside, in the other order")
HALF_A_CELL = Margin(1.0, "half a cell of a layer with half the resolution of slices of 1 mm per pixel")


@dataclass(frozen=True)
class LocalisationScore:
    """One registered score.

    Attributes:
        measure: its title, unit and direction.
        function: computes it for informative slices.
        chance: whether the score of a uniform map is a chance level.
    """

    measure: Measure
    function: ScoreFunction
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


def localisation_score(measure: Measure, *, chance: bool = True) -> Callable[[ScoreFunction], ScoreFunction]:
    """Register a function under its name; tables, figures and the explorer show it by its measure.

    Args:
        measure: title, unit and direction, and where it is shown besides the table of scores.
        chance: whether the score of a uniform map is a chance level.
    """

    def register(function: ScoreFunction) -> ScoreFunction:
        LOCALISATION[function.__name__] = LocalisationScore(measure, function, chance)
        return function

    return register


FRAME = 2
"""Width in pixels of the frame in which the energy at the slice's border is measured."""


def frame(size: tuple[int, int]) -> Bool[np.ndarray, "height width"]:
    """True on the outermost pixels of a slice.

    >>> int(frame((32, 32)).sum()), int(frame((3, 9)).sum())
    (240, 27)
    """
    outermost = np.ones(size, bool)
    outermost[FRAME:-FRAME, FRAME:-FRAME] = False
    return outermost


def area_share(masks: Masks) -> Scores:
    """The share of the slice that the nodule covers, 0 to 1: the energy share of a uniform map.

    NaN where the mask is empty: the size of the nodule is not known there.
    """
    share: np.ndarray = np.where(masks.any((1, 2)), masks.mean((1, 2), dtype=np.float64), np.nan)
    return share


def offset_in_radii(masks: Masks, spacing: Spacing) -> Scores:
    """Distance between the mask's centroid and the slice's centre, divided by the radius of a disc of the mask's area.

    Below 1, the centre of the slice is on the nodule, so a map may be on the nodule without having found it. NaN where the
    mask is empty.

    Args:
        masks: of the nodules.
        spacing: mm per pixel, row and column.
    """
    offsets = np.full(len(masks), np.nan)
    for number, (mask, pixel) in enumerate(zip(masks, spacing.astype(np.float64), strict=True)):
        if mask.any():
            centroid = np.argwhere(mask).mean(0)
            distance = np.hypot(*((centroid - (np.array(mask.shape) - 1) / 2) * pixel))
            offsets[number] = distance / np.sqrt(mask.sum() * pixel.prod() / np.pi)
    return offsets


@localisation_score(Measure("energy inside the nodule", "share", by_layer=True, margin=ENERGY))
def energy_share(maps: Maps, truth: Truth) -> Scores:
    """Sum of the map inside the mask divided by its sum, 0 to 1 (energy-based pointing game, Wang et al. 2020, arXiv 1910.01279)."""
    share: np.ndarray = (maps * truth.masks).sum((1, 2)) / maps.sum((1, 2))
    return share


@localisation_score(
    Measure(
        "energy inside the nodule over its share of the area",
        "ratio",
        panel=True,
        margin=Margin(0.25, "a quarter of what a uniform map has"),
    )
)
def energy_ratio(maps: Maps, truth: Truth) -> Scores:
    """Share of the energy inside the nodule, divided by the share of the slice that the nodule covers: 1 is chance."""
    ratio: np.ndarray = energy_share(maps, truth) / area_share(truth.masks)
    return ratio


def share_of_maxima(maps: Maps, region: Masks) -> Scores:
    """The share of the pixels with a map's largest value that lie in a region."""
    highest = maps == maps.max((1, 2), keepdims=True)
    share: np.ndarray = (highest & region).sum((1, 2)) / highest.sum((1, 2))
    return share


@localisation_score(Measure("maximum inside the nodule", "share", panel=True, margin=ONE_IN_TWENTY))
def pointing_game(maps: Maps, truth: Truth) -> Scores:
    """1 if the map's maximum lies on the mask, else 0 (Zhang et al. 2018, arXiv 1608.00507).

    Of several equal maxima, the share that lies on it: the expected score of a random choice among them.
    """
    return share_of_maxima(maps, truth.masks)


@localisation_score(Measure("maximum inside or near the nodule", "share", margin=ONE_IN_TWENTY))
def pointing_game_near(maps: Maps, truth: Truth) -> Scores:
    """1 if the map's maximum lies on the mask or on a pixel within the tolerance of it, else 0."""
    return share_of_maxima(maps, truth.near)


@localisation_score(Measure("overlap at Otsu's threshold", "share", margin=OVERLAP), chance=False)
def iou_otsu(maps: Maps, truth: Truth) -> Scores:
    """Intersection over union of the mask and the pixels above Otsu's threshold (256 bins, Otsu 1979), 0 to 1.

    NaN for a uniform map, on which the threshold is not defined.
    """
    scores = np.full(len(maps), np.nan)
    for i in np.flatnonzero(np.ptp(maps, axis=(1, 2)) > 0):
        share = maps[i] / maps[i].max()
        above = share > threshold_otsu(share)  # type: ignore[no-untyped-call]  # scikit-image has no annotations
        scores[i] = (above & truth.masks[i]).sum() / (above | truth.masks[i]).sum()
    return scores


@localisation_score(Measure("overlap at the nodule's own area", "share", margin=OVERLAP))
def iou_area(maps: Maps, truth: Truth) -> Scores:
    """Intersection over union of the mask and the map's highest pixels, as many as the mask has, 0 to 1.

    Of pixels with equal values at the limit, each counts by the share that is needed, so that their order plays no part.
    """
    size = truth.masks.sum((1, 2))
    descending = -np.sort(-maps.reshape(len(maps), -1), axis=1)
    limit = np.take_along_axis(descending, size[:, None] - 1, axis=1)[:, :, None]
    above, level = maps > limit, maps == limit
    needed = (size - above.sum((1, 2))) / level.sum((1, 2))
    common = (above & truth.masks).sum((1, 2)) + needed * (level & truth.masks).sum((1, 2))
    overlap: np.ndarray = common / (2 * size - common)
    return overlap


@localisation_score(
    Measure("AUC of the map as a pixel classifier", "share", panel=True, by_layer=True, margin=PIXEL_PAIRS)
)
def pixel_auc(maps: Maps, truth: Truth) -> Scores:
    """AUC of the map's values as a classifier of pixels as nodule or not, ties counting half; 0.5 is chance."""
    inside = truth.masks.reshape(len(maps), -1)
    return ranked_auc(maps.reshape(inside.shape), inside)


@localisation_score(
    Measure("distance from the map's centre of mass to the nodule's", "mm", "lower", panel=True, margin=HALF_A_CELL),
    chance=False,
)
def centre_distance(maps: Maps, truth: Truth) -> Scores:
    """Distance of the map's centre of mass from the centroid of the mask, mm.

    That of a uniform map, whose centre of mass is the slice's centre, is no chance level where nodules are at the centres of their slices.
    """
    difference = (centre_of_mass(maps) - centre_of_mass(truth.masks.astype(np.float64))) * truth.spacing
    distance: np.ndarray = np.hypot(difference[:, 0], difference[:, 1])
    return distance


def centre_of_mass(maps: Maps) -> Float64[np.ndarray, "slices 2"]:
    """Row and column in pixels, weighted by the map's values."""
    share = maps / maps.sum((1, 2), keepdims=True)
    rows, columns = (np.arange(length) for length in maps.shape[1:])
    return np.stack([(share.sum(2) * rows).sum(1), (share.sum(1) * columns).sum(1)], axis=1)
