"""Comparison of the logits of two implementations of a network."""

from __future__ import annotations

import math

from torch import Tensor

CLOSE = 1e-4
"""Largest difference due to rounding, relative to the largest logit; float32 networks differ by about 1e-6."""


def difference(expected: Tensor, actual: Tensor) -> float:
    """Largest absolute difference of logits, relative to the largest expected one (at least 1); infinite if shapes differ."""
    if expected.shape != actual.shape:
        return math.inf
    return float((expected - actual).abs().max() / expected.abs().max().clamp_min(1))
