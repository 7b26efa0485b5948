"""Means over defined values: NaN and infinite values are excluded, and the mean of none is NaN."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def defined_mean(values: Float[np.ndarray, "*any"] | Sequence[float]) -> float:
    """The mean of all defined values.

    Unlike numpy's nanmean, without a warning if there are none, and without infinite values.

    >>> defined_mean([1.0, float("nan"), 2.0])
    1.5
    """
    numbers = np.asarray(values)
    defined = numbers[np.isfinite(numbers)]
    return float(defined.mean()) if len(defined) else float("nan")


def or_none(value: float) -> float | None:
    """A number for JSON: None if it is not defined.

    >>> or_none(float("nan")), or_none(0.5)
    (None, 0.5)
    """
    return float(value) if np.isfinite(value) else None
