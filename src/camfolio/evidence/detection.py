"""Detection of a planted shortcut: predictions that change with the cue, alarms, and the AUC of shortcut against clean maps."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from camfolio.shapes import Labels
from camfolio.statistics.defined import defined_mean
from camfolio.statistics.ranks import ranked_auc

EnergyShares = Float64[np.ndarray, " slices"]
"""Share of each map's energy in the cue's region, 0 to 1; NaN for an empty map."""


def predicted_classes(logits: Float[np.ndarray, "slices 2"]) -> Int64[np.ndarray, " slices"]:
    """The predicted classes; the first class if the logits are equal."""
    predicted: np.ndarray = logits.argmax(1).astype(np.int64)
    return predicted


def flips(before: Float[np.ndarray, "slices 2"], after: Float[np.ndarray, "slices 2"]) -> Bool[np.ndarray, " slices"]:
    """Where the predicted class changes."""
    changed: np.ndarray = predicted_classes(before) != predicted_classes(after)
    return changed


def separation(positive: Float64[np.ndarray, " positives"], negative: Float64[np.ndarray, " negatives"]) -> float:
    """The AUC of two sets of values, without their undefined values (NaN); NaN if one set has no others.

    >>> separation(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    positive, negative = positive[np.isfinite(positive)], negative[np.isfinite(negative)]
    is_positive = np.repeat([True, False], [len(positive), len(negative)])
    return float(ranked_auc(np.concatenate([positive, negative])[None], is_positive[None])[0])


def alarm_rate(shares: EnergyShares, area_share: float, alarm: float) -> float:
    """The share of maps that raise an alarm: with an energy share in the cue's region above `alarm` times its area share.

    Empty maps are excluded; NaN if all are empty.
    """
    return defined_mean(np.where(np.isfinite(shares), shares > alarm * area_share, np.nan))


def auc_of_logits(logits: Float[np.ndarray, "slices 2"], label: Labels) -> float:
    """The AUC of a network's predictions; NaN if all labels are of one class."""
    margin = (logits[:, 1] - logits[:, 0]).astype(np.float64)
    return separation(margin[label == 1], margin[label == 0])
