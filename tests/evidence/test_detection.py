import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from camfolio.evidence.detection import alarm_rate, auc_of_logits, flips, separation


def test_swapping_the_two_sets_gives_one_minus_the_auc():
    higher, lower = np.array([2.0, 3.0, 5.0]), np.array([1.0, 2.0])
    assert separation(higher, lower) == pytest.approx(5.5 / 6, abs=1e-12)
    assert separation(lower, higher) == pytest.approx(0.5 / 6, abs=1e-12)


def test_undefined_values_are_excluded_from_the_auc():
    assert separation(np.array([2.0, np.nan]), np.array([1.0, np.nan])) == 1.0
    assert np.isnan(separation(np.array([np.nan]), np.array([1.0])))
    assert np.isnan(separation(np.array([]), np.array([])))


@settings(max_examples=30, deadline=None)
@given(logits=arrays(np.float32, (2, 7, 2), elements=st.integers(-2, 2)))
def test_a_prediction_flips_where_another_logit_is_the_largest(logits):
    before, after = logits
    expected = [(b[1] > b[0]) != (a[1] > a[0]) for b, a in zip(before, after, strict=True)]
    assert flips(before, after).tolist() == expected
    assert flips(after, before).tolist() == expected


def test_the_alarm_rate_excludes_empty_maps_and_values_at_the_threshold():
    shares = np.array([0.1, 0.3, np.nan, 0.2, 0.21, 0.0])
    assert alarm_rate(shares, 0.1, 2.0) == 2 / 5
    assert np.isnan(alarm_rate(np.full(2, np.nan), 0.1, 2.0))


def test_the_auc_of_logits_is_that_of_the_second_class():
    logits = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]], dtype=np.float32)
    assert auc_of_logits(logits, np.array([0, 1, 1])) == 1.0
    assert np.isnan(auc_of_logits(logits, np.array([1, 1, 1])))
