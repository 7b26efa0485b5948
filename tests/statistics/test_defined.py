"""Means over defined values, and numbers for JSON."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.statistics.defined import defined_mean, defined_means, or_none


@pytest.mark.parametrize("undefined", [np.nan, np.inf, -np.inf])
def test_undefined_values_are_excluded(undefined):
    assert defined_mean(np.array([1.0, undefined, 4.0])) == 2.5
    assert defined_mean(np.array([[1.0, undefined], [undefined, 4.0]])) == 2.5


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_a_mean_over_no_defined_values_is_nan_without_a_warning(values):
    assert np.isnan(defined_mean(values))


@pytest.mark.parametrize(("value", "expected"), [(np.float64(0.5), 0.5), (0.0, 0.0), (np.nan, None), (-np.inf, None)])
def test_undefined_numbers_are_none_in_json(value, expected):
    result = or_none(value)
    assert (result, type(result)) == (expected, type(expected))


def test_means_of_columns_equal_the_mean_of_each_column():
    values = np.array([[1.0, np.nan, np.nan], [4.0, 3.0, np.inf]])
    np.testing.assert_array_equal(defined_means(values), [defined_mean(column) for column in values.T])
