"""AUC by ranks against a loop over all pairs, and where it is not defined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camfolio.statistics.ranks import ranked_auc

FEW = st.lists(st.tuples(st.integers(-3, 3).map(float), st.booleans()), min_size=1, max_size=20)


def auc_by_pairs(row):
    pairs = [
        (positive, negative) for positive, is_positive in row if is_positive for negative, other in row if not other
    ]
    if not pairs:
        return float("nan")
    return sum(1 if positive > negative else 0.5 if positive == negative else 0 for positive, negative in pairs) / len(
        pairs
    )


@settings(max_examples=200, deadline=None)
@given(row=FEW)
def test_auc_is_the_share_of_correctly_ordered_pairs(row):
    values, positive = (np.array(column)[None] for column in zip(*row, strict=True))
    assert ranked_auc(values, positive)[0] == pytest.approx(auc_by_pairs(row), abs=1e-12, nan_ok=True)


def test_auc_is_computed_row_by_row():
    values = np.array([[0.0, 1.0, 2.0]] * 3)
    positive = np.array([[False, False, True], [True, False, False], [False, False, False]])
    assert ranked_auc(values, positive).tolist() == pytest.approx([1.0, 0.0, np.nan], nan_ok=True)
