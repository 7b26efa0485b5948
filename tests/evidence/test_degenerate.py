"""Resamples that an interval leaves out are counted wherever they are in a result."""

from __future__ import annotations

import numpy as np

from camfolio.evidence.degenerate import Degenerate, degenerate
from camfolio.network.cases import Cases
from camfolio.network.evaluation import evaluate


def evaluated(label):
    names = np.array([f"p{i}" for i in range(len(label))])
    cases = Cases(np.linspace(0.1, 0.9, len(label)), np.array(label), names, names, np.full(len(label), np.nan))
    return evaluate(cases, larger=True, resamples=200, bins=5, seed=0)


def test_a_single_malignant_patient_is_missing_from_about_a_third_of_the_resamples():
    """(1 - 1/n)^n of n = 5 patients: 0.33, or 66 of 200; and the Brier score is always defined."""
    result = evaluated([0, 0, 1, 0, 0])
    found = degenerate(result)
    assert 45 < result.metrics["auc"].undefined < 90
    assert found.most == max(row.undefined for row in result.metrics.values())
    assert result.metrics["brier_score"].undefined == 0
    assert found.intervals == sum(
        row.undefined > 0 and row.low is not None
        for part in (result, result.by_slice, result.largest_slice)
        for row in (*part.metrics.values(), part.baseline.auc, part.difference.auc)
    )


def test_values_that_are_not_defined_at_all_are_not_counted():
    result = evaluated([0, 0, 0, 0])
    assert result.metrics["auc"].undefined == 200
    assert degenerate(result) == Degenerate(0, 0)
