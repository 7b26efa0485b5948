"""Means of what is defined: undefined values, NaN or infinite, are left out, and a mean of none is NaN."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def defined_mean(values: Float[np.ndarray, "*any"] | Sequence[float]) -> float:
    """The mean of all defined values.

    numpy's nanmean warns where there are none, and counts an infinite value.

    >>> defined_mean([1.0, float("nan"), 2.0])
    1.5
    """
    numbers = np.asarray(values)
    defined = numbers[np.isfinite(numbers)]
    return float(defined.mean()) if len(defined) else float("nan")


def or_none(value: float) -> float | None:
    """A number as JSON takes it: None where it is not defined.

    >>> or_none(float("nan")), or_none(0.5)
    (None, 0.5)
    """
    return float(value) if np.isfinite(value) else None
