"""Means over defined values: NaN and infinite values are excluded, and a mean over no values is NaN."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64


def defined_mean(values: Float[np.ndarray, "*any"] | Sequence[float]) -> float:
    """The mean of all defined values.

    Unlike numpy's nanmean, it excludes infinite values, too, and returns NaN without a warning if no value is defined.

    >>> defined_mean([1.0, float("nan"), 2.0])
    1.5
    """
    numbers = np.asarray(values)
    defined = numbers[np.isfinite(numbers)]
    return float(defined.mean()) if len(defined) else float("nan")


def defined_means(values: Float[np.ndarray, "values columns"]) -> Float64[np.ndarray, " columns"]:
    """The mean of the defined values of every column, NaN for a column without any.

    >>> defined_means(np.array([[1.0, np.nan], [3.0, np.nan]])).tolist()
    [2.0, nan]
    """
    defined = np.isfinite(values)
    return ratio(np.where(defined, values, 0.0).sum(0, dtype=np.float64), defined.sum(0, dtype=np.float64))


def ratio(sums: Float64[np.ndarray, "*any"], counts: Float64[np.ndarray, "*any"]) -> Float64[np.ndarray, "*any"]:
    """Sums over counts, NaN where a count is 0."""
    ratios: np.ndarray = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return ratios


def or_none(value: float) -> float | None:
    """A number for JSON: None if it is NaN or infinite.

    >>> or_none(float("nan")), or_none(0.5)
    (None, 0.5)
    """
    return float(value) if np.isfinite(value) else None
