"""The area under the ROC curve by ranks (Mann and Whitney 1947)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64
from scipy.stats import rankdata

from camfolio.statistics.defined import ratio


def ranked_auc(
    values: Float64[np.ndarray, "rows values"], positive: Bool[np.ndarray, "rows values"]
) -> Float64[np.ndarray, " rows"]:
    """AUC of every row: the share of pairs in which the positive value is the larger one, ties counting half; 0.5 is chance.

    AUC = (R - P (P + 1) / 2) / (P N), where R is the sum of the ranks of the P positive values among all P + N of a row.

    Args:
        values: without NaN.
        positive: which values are positive.

    Returns:
        0 to 1; NaN for a row with one class only.

    >>> ranked_auc(np.array([[2.0, 3.0, 1.0, 2.0]]), np.array([[True, True, False, False]])).tolist()
    [0.875]
    """
    ranks = rankdata(values, axis=1)
    count = positive.sum(1)
    wins = (ranks * positive).sum(1) - count * (count + 1) / 2
    return ratio(wins, (count * (values.shape[1] - count)).astype(np.float64))
