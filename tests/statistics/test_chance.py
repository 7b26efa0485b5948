import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camfolio.statistics.chance import sample_by_patient, slice_generator


def test_seed_name_and_purpose_each_give_another_generator():
    draws = {slice_generator(*given).random() for given in [(0, "a", "x"), (1, "a", "x"), (0, "b", "x"), (0, "a", "y")]}
    assert len(draws) == 4
    assert slice_generator(0, "a", "x").random() in draws


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(1, 40), st.integers(0, 3))
def test_a_sample_has_whole_patients_and_as_many_slices_as_fit(owners, wanted, seed):
    patient = np.array([f"p{one}" for one in owners])
    chosen = sample_by_patient(patient, wanted, seed)
    assert chosen.any()
    for name in set(patient):
        assert len(set(chosen[patient == name])) == 1
    whole = len(set(patient[chosen])) == 1
    assert chosen.sum() <= wanted or whole
    left = [int((patient == name).sum()) for name in set(patient[~chosen])]
    assert not left or chosen.sum() + min(left) > wanted


def test_a_sample_depends_on_the_seed_and_not_on_the_order():
    patient = np.array([f"p{one:02}" for one in np.repeat(np.arange(20), 3)])
    chosen = set(patient[sample_by_patient(patient, 15, 0)])
    assert len(chosen) == 5
    assert set(patient[::-1][sample_by_patient(patient[::-1], 15, 0)]) == chosen
    assert set(patient[sample_by_patient(patient, 15, 1)]) != chosen


def test_all_slices_are_taken_where_all_fit():
    assert sample_by_patient(np.array(["a", "b", "b"]), 3, 0).all()


def test_a_single_patient_with_too_many_slices_is_taken_whole():
    assert sample_by_patient(np.array(["a"] * 5), 2, 0).sum() == pytest.approx(5)
