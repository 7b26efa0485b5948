"""Whether two forms of one network give the same logits up to rounding."""

from __future__ import annotations

import math

from torch import Tensor

CLOSE = 1e-4
"""How far logits may differ, as a share of the largest; float32 networks stay near 1e-6."""


def difference(expected: Tensor, found: Tensor) -> float:
    """How far logits differ at most, as a share of the largest (of 1, if that is smaller); infinite for another shape."""
    if expected.shape != found.shape:
        return math.inf
    return float((expected - found).abs().max() / expected.abs().max().clamp_min(1))
