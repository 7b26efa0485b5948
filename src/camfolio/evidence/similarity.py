"""Similarity of two maps of one slice: rank correlation and structural similarity, of signed and of absolute maps.

Only the pattern counts, not the scale: ranks have none, and structural similarity compares maps divided by their own
largest magnitude. A uniform map has no pattern: NaN, not defined.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy.stats import rankdata
from skimage.metrics import structural_similarity

Maps = Float[np.ndarray, "slices height width"]
Scores = Float64[np.ndarray, " slices"]
WINDOW = 7
SIMILARITY = {
    "rank_signed": "rank correlation of the signed maps",
    "rank_absolute": "rank correlation of the absolute maps",
    "ssim_signed": "structural similarity of the signed maps",
    "ssim_absolute": "structural similarity of the absolute maps",
}
"""Name -> title; all of them are 1 for the same pattern, and about 0 for unrelated patterns."""


def similarities(one: Maps, other: Maps) -> dict[str, Scores]:
    """All similarities of two sets of signed maps, before their ReLU, slice by slice."""
    return {
        "rank_signed": rank_correlation(one, other),
        "rank_absolute": rank_correlation(np.abs(one), np.abs(other)),
        "ssim_signed": structure(one, other, 2.0),
        "ssim_absolute": structure(np.abs(one), np.abs(other), 1.0),
    }


def both_vary(one: Maps, other: Maps) -> Bool[np.ndarray, " slices"]:
    """Where neither map is uniform."""
    vary: np.ndarray = (np.ptp(one, axis=(1, 2)) > 0) & (np.ptp(other, axis=(1, 2)) > 0)
    return vary


def rank_correlation(one: Maps, other: Maps) -> Scores:
    """Spearman's correlation over the pixels of each slice, -1 to 1, equal values with their mean rank."""
    scores = np.full(len(one), np.nan)
    defined = both_vary(one, other)
    pixels = one.shape[1] * one.shape[2]
    ranks = [rankdata(maps[defined].reshape(-1, pixels), axis=1) for maps in (one, other)]
    first, second = (rank - rank.mean(1, keepdims=True) for rank in ranks)
    scores[defined] = (first * second).sum(1) / np.sqrt((first**2).sum(1) * (second**2).sum(1))
    return scores


def structure(one: Maps, other: Maps, span: float) -> Scores:
    """Structural similarity (Wang et al. 2004) in windows of 7 pixels, or the largest odd number that fits.

    Args:
        one: maps.
        other: maps of the same slices.
        span: from the lowest to the highest value that a map divided by its largest magnitude may have.
    """
    window = min(WINDOW, *(length - 1 + length % 2 for length in one.shape[1:]))
    scores = np.full(len(one), np.nan)
    for i in np.flatnonzero(both_vary(one, other)):
        first, second = (maps[i].astype(np.float64) / np.abs(maps[i]).max() for maps in (one, other))
        scores[i] = structural_similarity(first, second, win_size=window, data_range=span)  # type: ignore[no-untyped-call]  # scikit-image has no annotations
    return scores
