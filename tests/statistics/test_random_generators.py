import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camfolio.statistics.random_generators import sample_by_patient, slice_generator


def test_generators_differ_by_seed_slice_and_purpose():
    draws = {slice_generator(*given).random() for given in [(0, "a", "x"), (1, "a", "x"), (0, "b", "x"), (0, "a", "y")]}
    assert len(draws) == 4
    assert slice_generator(0, "a", "x").random() in draws


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(1, 40), st.integers(0, 3))
def test_a_sample_has_whole_patients_within_the_limit(numbers, limit, seed):
    patient = np.array([f"p{number}" for number in numbers])
    chosen = sample_by_patient(patient, limit, seed)
    assert chosen.any()
    for name in set(patient):
        assert len(set(chosen[patient == name])) == 1
    whole = len(set(patient[chosen])) == 1
    assert chosen.sum() <= limit or whole
    left = [int((patient == name).sum()) for name in set(patient[~chosen])]
    assert not left or chosen.sum() + min(left) > limit


def test_a_sample_depends_on_the_seed_but_not_on_the_order():
    patient = np.array([f"p{number:02}" for number in np.repeat(np.arange(20), 3)])
    chosen = set(patient[sample_by_patient(patient, 15, 0)])
    assert len(chosen) == 5
    assert set(patient[::-1][sample_by_patient(patient[::-1], 15, 0)]) == chosen
    assert set(patient[sample_by_patient(patient, 15, 1)]) != chosen


def test_all_slices_are_chosen_if_the_limit_allows_it():
    assert sample_by_patient(np.array(["a", "b", "b"]), 3, 0).all()


def test_a_single_patient_is_chosen_even_above_the_limit():
    assert sample_by_patient(np.array(["a"] * 5), 2, 0).sum() == pytest.approx(5)
