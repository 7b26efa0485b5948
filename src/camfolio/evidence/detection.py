"""Would a map have exposed the shortcut: answers that flip, alarms, and how well maps tell two kinds of networks apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64
from scipy.stats import rankdata

from camfolio.shapes import Labels

Shares = Float64[np.ndarray, "seeds slices"]


def answers(logits: Float[np.ndarray, "slices 2"]) -> Int64[np.ndarray, " slices"]:
    """The predicted classes; equal logits are the first class."""
    predicted: np.ndarray = logits.argmax(1).astype(np.int64)
    return predicted


def flips(before: Float[np.ndarray, "slices 2"], after: Float[np.ndarray, "slices 2"]) -> Bool[np.ndarray, " slices"]:
    """Where the answer changes."""
    changed: np.ndarray = answers(before) != answers(after)
    return changed


def ranked_auc(positive: Float64[np.ndarray, " positives"], negative: Float64[np.ndarray, " negatives"]) -> float:
    """The probability that a value of `positive` exceeds one of `negative`, ties counting half; NaN without either.

    Undefined values (NaN) are left out. The area under the ROC curve by ranks (Mann and Whitney 1947).

    >>> ranked_auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    positive, negative = positive[np.isfinite(positive)], negative[np.isfinite(negative)]
    if not len(positive) or not len(negative):
        return float("nan")
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float((ranks.sum() / len(positive) - (len(positive) + 1) / 2) / len(negative))


def mean_over_seeds(values: Sequence[float]) -> float:
    """The mean of the seeds in which a number is defined; NaN if in none."""
    defined = [value for value in values if np.isfinite(value)]
    return float(np.mean(defined)) if defined else float("nan")


def detection_auc(shortcut: Shares, clean: Shares) -> float:
    """How well the energy in the cue's place tells the maps of shortcut networks from those of clean ones.

    Seed by seed, since two networks of one seed saw the same slices in the same order; then the mean over seeds.
    """
    return mean_over_seeds([ranked_auc(*pair) for pair in zip(shortcut, clean, strict=True)])


def alarm_rate(shares: Shares, area_share: float, alarm: float) -> float:
    """The share of defined maps with more than `alarm` times as much energy in the place as it has area."""
    defined = shares[np.isfinite(shares)]
    return float((defined > alarm * area_share).mean()) if len(defined) else float("nan")


def auc_of_answers(logits: Float[np.ndarray, "slices 2"], label: Labels) -> float:
    """The network's own AUC; NaN with one class only."""
    margin = (logits[:, 1] - logits[:, 0]).astype(np.float64)
    return ranked_auc(margin[label == 1], margin[label == 0])
