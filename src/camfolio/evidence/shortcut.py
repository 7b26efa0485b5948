"""Planted shortcuts: two cues unrelated to nodules, added to a corner of slices, so that the ground truth is known.

Adebayo et al. 2022 (arXiv 2212.04629) examine whether maps reveal a spurious cue. A test needs slices that contain the
cue and networks that use it; so it is planted, and its effect on predictions is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy import ndimage

from camfolio.shapes import Hounsfield, Labels
from camfolio.statistics.defined import ratio

Region = Bool[np.ndarray, "height width"]
"""True on some pixels of a slice, the same for all slices."""
TAG = np.array([[1, 1, 0], [1, 0, 1], [1, 1, 0], [1, 0, 1], [1, 0, 1]], dtype=bool)
"""The letter R, 5 x 3 pixels, like a burned-in side marker."""
TAG_HU = 400.0
TAG_AT = 2
TAG_SIDE = 8
BLUR_SIDE = 12
BLUR_FADE = 3


@dataclass(frozen=True)
class Cue:
    """One cue.

    Attributes:
        words: its description on pages.
        side: side of its region, the top left corner, in pixels.
        put: from slices in HU to copies with the cue.
    """

    words: str
    side: int
    put: Callable[[Hounsfield], Hounsfield]

    def region(self, shape: tuple[int, int]) -> Region:
        """The cue's region on slices of `shape` pixels."""
        region = np.zeros(shape, dtype=bool)
        region[: self.side, : self.side] = True
        return region


def put_tag(hounsfield: Hounsfield) -> Hounsfield:
    """A small bright letter two pixels from the corner."""
    marked = hounsfield.copy()
    rows, columns = TAG.shape
    corner = marked[:, TAG_AT : TAG_AT + rows, TAG_AT : TAG_AT + columns]
    corner[:, TAG] = TAG_HU
    return marked


def put_blur(hounsfield: Hounsfield, sigma: float = 2.0) -> Hounsfield:
    """The corner smoothed by a Gaussian of `sigma` pixels, blended into the slice over the last BLUR_FADE pixels."""
    smooth = ndimage.gaussian_filter(hounsfield, (0, sigma, sigma), mode="nearest")
    along = np.clip((BLUR_SIDE - np.arange(max(hounsfield.shape[1:]))) / BLUR_FADE, 0, 1)
    weight = np.outer(along[: hounsfield.shape[1]], along[: hounsfield.shape[2]])
    blurred: Hounsfield = (hounsfield + weight * (smooth - hounsfield)).astype(np.float32)
    return blurred


CUES: dict[str, Cue] = {
    "tag": Cue("a small bright letter", TAG_SIDE, put_tag),
    "blur": Cue("a patch without grain that the eye misses", BLUR_SIDE, put_blur),
}
"""Name -> cue."""


def chosen_for_cue(label: Labels, share: float, seed: int) -> Bool[np.ndarray, " slices"]:
    """The slices that get the cue: a random `share` of those of the second class, rounded to a whole number."""
    candidates = np.flatnonzero(label == 1)
    drawn = np.random.default_rng(seed).permutation(candidates)[: round(share * len(candidates))]
    chosen = np.zeros(len(label), dtype=bool)
    chosen[drawn] = True
    return chosen


def energy_in(maps: Float[np.ndarray, "slices height width"], region: Region) -> Float64[np.ndarray, " slices"]:
    """The share of each map's energy inside a region, 0 to 1; NaN for an empty map.

    Args:
        maps: >= 0, at the slice's resolution.
        region: the same for all slices.
    """
    energy = maps.astype(np.float64)
    total = energy.sum((1, 2))
    inside = energy[:, region].sum(1)
    return ratio(inside, total)
