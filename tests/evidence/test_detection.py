import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from camfolio.evidence.detection import alarm_rate, auc_of_answers, detection_auc, flips, separation


def test_the_other_way_round_is_the_rest():
    higher, lower = np.array([2.0, 3.0, 5.0]), np.array([1.0, 2.0])
    assert separation(higher, lower) == pytest.approx(5.5 / 6, abs=1e-12)
    assert separation(lower, higher) == pytest.approx(0.5 / 6, abs=1e-12)


def test_undefined_values_are_left_out_and_nothing_left_is_not_defined():
    assert separation(np.array([2.0, np.nan]), np.array([1.0, np.nan])) == 1.0
    assert np.isnan(separation(np.array([np.nan]), np.array([1.0])))
    assert np.isnan(separation(np.array([]), np.array([])))


@settings(max_examples=30, deadline=None)
@given(logits=arrays(np.float32, (2, 7, 2), elements=st.integers(-2, 2)))
def test_an_answer_flips_where_the_larger_logit_is_another(logits):
    before, after = logits
    expected = [(b[1] > b[0]) != (a[1] > a[0]) for b, a in zip(before, after, strict=True)]
    assert flips(before, after).tolist() == expected
    assert flips(after, before).tolist() == expected


def test_detection_is_judged_seed_by_seed():
    """One seed's maps have ten times the energy of the other's: pooled, that would hide what each shows."""
    clean = np.array([[0.01, 0.02], [0.10, 0.20]])
    assert detection_auc(clean * 3, clean) == 1.0
    assert detection_auc(np.stack([clean[0] * 3, [np.nan, np.nan]]), clean) == 1.0
    assert np.isnan(detection_auc(np.full((2, 2), np.nan), clean))


def test_an_alarm_is_more_than_so_many_times_the_area():
    shares = np.array([[0.1, 0.3, np.nan], [0.2, 0.21, 0.0]])
    assert alarm_rate(shares, 0.1, 2.0) == 2 / 5
    assert np.isnan(alarm_rate(np.full((1, 2), np.nan), 0.1, 2.0))


def test_the_network_s_auc_is_of_the_second_class():
    logits = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]], dtype=np.float32)
    assert auc_of_answers(logits, np.array([0, 1, 1])) == 1.0
    assert np.isnan(auc_of_answers(logits, np.array([1, 1, 1])))
