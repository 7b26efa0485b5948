"""Similarity of two maps of one slice: rank correlation and structural similarity, of signed and of absolute maps, and overlap of the highest pixels.

The size of the rank correlation, |rho|, is given besides, since networks that show one pattern with opposite signs have a
mean correlation of 0. Unrelated maps that are smooth have a |rho| above 0, too: what is due to that, maps of different
slices show.

The scale of a map plays no part: ranks do not depend on it, and structural similarity compares maps divided by their
largest magnitudes. Similarities with a uniform map are not defined: NaN.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool
from scipy.stats import rankdata
from skimage.metrics import structural_similarity

from camfolio.shapes import Maps, Scores

WINDOW = 7
SIMILARITY = {
    "rank_signed": "rank correlation of the signed maps",
    "rank_magnitude": "size of the rank correlation of the signed maps",
    "rank_absolute": "rank correlation of the absolute maps",
    "ssim_signed": "structural similarity of the signed maps",
    "ssim_absolute": "structural similarity of the absolute maps",
    "overlap": "overlap of the highest tenth of the pixels",
}
"""Name -> title; each is 1 for equal patterns and about 0 for unrelated ones, but for the size of the rank correlation, and for
the overlap, which is 0.1 for pixels at random."""
HIGHEST = 0.1
"""Share of the pixels whose overlap is measured."""


def similarities(first: Maps, second: Maps) -> dict[str, Scores]:
    """All similarities of two sets of signed maps, before their ReLU, slice by slice."""
    signed = rank_correlation(first, second)
    return {
        "rank_signed": signed,
        "rank_magnitude": np.abs(signed),
        "rank_absolute": rank_correlation(np.abs(first), np.abs(second)),
        "ssim_signed": mean_structural_similarity(first, second, 2.0),
        "ssim_absolute": mean_structural_similarity(np.abs(first), np.abs(second), 1.0),
        "overlap": overlap_of_highest(first, second),
    }


def both_vary(first: Maps, second: Maps) -> Bool[np.ndarray, " slices"]:
    """Where neither map is uniform."""
    vary: np.ndarray = (np.ptp(first, axis=(1, 2)) > 0) & (np.ptp(second, axis=(1, 2)) > 0)
    return vary


def rank_correlation(first: Maps, second: Maps) -> Scores:
    """Spearman's rank correlation over the pixels of each slice, -1 to 1; ties have their mean rank."""
    scores = np.full(len(first), np.nan)
    defined = both_vary(first, second)
    pixels = first.shape[1] * first.shape[2]
    ranks = [rankdata(maps[defined].reshape(-1, pixels), axis=1) for maps in (first, second)]
    x, y = (rank - rank.mean(1, keepdims=True) for rank in ranks)
    scores[defined] = (x * y).sum(1) / np.sqrt((x**2).sum(1) * (y**2).sum(1))
    return scores


def overlap_of_highest(first: Maps, second: Maps) -> Scores:
    """Share of the highest tenth of the pixels of one map that are among the highest tenth of the other, 0 to 1.

    Of equal pixels at the limit those that come first in each map are taken, row by row.
    """
    pixels = first.shape[1] * first.shape[2]
    count = max(1, round(HIGHEST * pixels))
    highest = []
    for maps in (first, second):
        chosen = np.zeros((len(maps), pixels), bool)
        order = np.argsort(-maps.reshape(-1, pixels), axis=1, kind="stable")[:, :count]
        np.put_along_axis(chosen, order, True, axis=1)
        highest.append(chosen)
    shared: Scores = (highest[0] & highest[1]).sum(1) / count
    return np.where(both_vary(first, second), shared, np.nan)


def ssim_window(height: int, width: int) -> int:
    """Pixels along each side of the windows of structural similarity: 7, or the largest odd number that fits.

    >>> ssim_window(32, 32), ssim_window(16, 6)
    (7, 5)
    """
    return min(WINDOW, *(length - 1 + length % 2 for length in (height, width)))


def mean_structural_similarity(first: Maps, second: Maps, span: float) -> Scores:
    """Structural similarity (Wang et al. 2004) in windows of `ssim_window` pixels, all of the same weight.

    Args:
        first: maps.
        second: maps of the same slices.
        span: range of the values of a map divided by its largest magnitude: 2 if it is signed, 1 if it is >= 0.
    """
    window = ssim_window(*first.shape[1:])
    scores = np.full(len(first), np.nan)
    for i in np.flatnonzero(both_vary(first, second)):
        x, y = (maps[i].astype(np.float64) / np.abs(maps[i]).max() for maps in (first, second))
        scores[i] = structural_similarity(x, y, win_size=window, data_range=span)  # type: ignore[no-untyped-call]  # scikit-image has no annotations
    return scores
