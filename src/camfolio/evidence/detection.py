"""Detection of a planted shortcut: predictions that change, alarms, and the AUC of shortcut against clean maps."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from camfolio.shapes import Labels
from camfolio.statistics.defined import defined_mean
from camfolio.statistics.ranks import ranked_auc

Shares = Float64[np.ndarray, "seeds slices"]


def answers(logits: Float[np.ndarray, "slices 2"]) -> Int64[np.ndarray, " slices"]:
    """The predicted classes; equal logits are the first class."""
    predicted: np.ndarray = logits.argmax(1).astype(np.int64)
    return predicted


def flips(before: Float[np.ndarray, "slices 2"], after: Float[np.ndarray, "slices 2"]) -> Bool[np.ndarray, " slices"]:
    """Where the predicted class changes."""
    changed: np.ndarray = answers(before) != answers(after)
    return changed


def separation(positive: Float64[np.ndarray, " positives"], negative: Float64[np.ndarray, " negatives"]) -> float:
    """The AUC that separates two sets of values; undefined ones (NaN) are left out, NaN if one set is empty then.

    >>> separation(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    positive, negative = positive[np.isfinite(positive)], negative[np.isfinite(negative)]
    kinds = np.repeat([True, False], [len(positive), len(negative)])
    return float(ranked_auc(np.concatenate([positive, negative])[None], kinds[None])[0])


def detection_auc(shortcut: Shares, clean: Shares) -> float:
    """The AUC of the energy in the cue's place, maps of shortcut networks against those of clean ones.

    Seed by seed, since the two networks of a seed were trained on the same slices in the same order; then the mean over seeds.
    """
    return defined_mean([separation(*pair) for pair in zip(shortcut, clean, strict=True)])


def alarm_rate(shares: Shares, area_share: float, alarm: float) -> float:
    """The share of defined maps whose energy in the cue's place is more than `alarm` times its share of the area."""
    return defined_mean(np.where(np.isfinite(shares), shares > alarm * area_share, np.nan))


def auc_of_answers(logits: Float[np.ndarray, "slices 2"], label: Labels) -> float:
    """The AUC of a network; NaN with one class only."""
    margin = (logits[:, 1] - logits[:, 0]).astype(np.float64)
    return separation(margin[label == 1], margin[label == 0])
