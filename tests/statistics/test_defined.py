"""Means of what is defined, and numbers as JSON takes them."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.statistics.defined import defined_mean, defined_means, or_none


@pytest.mark.parametrize("nothing", [np.nan, np.inf, -np.inf])
def test_what_is_not_defined_is_left_out(nothing):
    assert defined_mean(np.array([1.0, nothing, 4.0])) == 2.5
    assert defined_mean(np.array([[1.0, nothing], [nothing, 4.0]])) == 2.5


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_the_mean_of_nothing_is_not_defined_and_warns_of_nothing(values):
    assert np.isnan(defined_mean(values))


@pytest.mark.parametrize(("value", "said"), [(np.float64(0.5), 0.5), (0.0, 0.0), (np.nan, None), (-np.inf, None)])
def test_a_number_that_is_not_defined_is_none_in_json(value, said):
    found = or_none(value)
    assert (found, type(found)) == (said, type(said))


def test_the_means_of_columns_are_those_of_each_column_alone():
    values = np.array([[1.0, np.nan, np.nan], [4.0, 3.0, np.inf]])
    np.testing.assert_array_equal(defined_means(values), [defined_mean(column) for column in values.T])
