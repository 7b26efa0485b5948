import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camfolio.evidence.stability import SHIFTS, noisy, partners, shifted, without_border

IMAGE = np.random.default_rng(0).normal(size=(3, 6, 7)).astype(np.float32)
NAMES = np.array(["a", "b", "c"])


def test_noise_has_its_standard_deviation_and_depends_on_slice_draw_and_seed():
    slices = np.zeros((40, 32, 32), np.float32)
    names = np.array([f"s{i}" for i in range(40)])
    result = noisy(slices, names, 20.0, 0, 5)
    assert result.dtype == np.float32
    assert result.std() == pytest.approx(20, rel=0.02)
    assert result.mean() == pytest.approx(0, abs=0.5)
    np.testing.assert_array_equal(noisy(slices[::-1], names[::-1], 20.0, 0, 5), result[::-1])
    for draw, seed in ((1, 5), (0, 6)):
        assert abs(np.corrcoef(noisy(slices, names, 20.0, draw, seed).ravel(), result.ravel())[0, 1]) < 0.02


@settings(max_examples=20, deadline=None)
@given(shift=st.sampled_from(SHIFTS), row=st.integers(0, 5), column=st.integers(0, 6))
def test_a_shift_moves_every_pixel_and_repeats_the_edge(shift, row, column):
    source = (min(max(row - shift[0], 0), 5), min(max(column - shift[1], 0), 6))
    np.testing.assert_array_equal(shifted(IMAGE, shift)[:, row, column], IMAGE[:, source[0], source[1]])


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_shifted_slice_shifted_back_equals_the_slice_without_its_border(shift):
    np.testing.assert_array_equal(without_border(shifted(IMAGE, shift), shift), without_border(IMAGE))
    assert without_border(IMAGE).shape == (3, 4, 5)


def test_shifts_are_one_pixel_in_four_directions():
    assert len(set(SHIFTS)) == 4
    assert {abs(down) + abs(across) for down, across in SHIFTS} == {1}


def test_a_partner_is_of_another_patient_and_the_same_class():
    chance = np.random.default_rng(0)
    patient = np.array([f"p{number}" for number in chance.integers(0, 6, 40)])
    names, target = np.arange(40).astype(str), chance.integers(0, 2, 40)
    draws = [partners(names, patient, target, draw, 7) for draw in range(20)]
    for partner in draws:
        assert (patient[partner] != patient).all()
        assert (target[partner] == target).all()
    assert len({tuple(partner) for partner in draws}) == 20
    np.testing.assert_array_equal(partners(names, patient, target, 3, 7), draws[3])
    drawn = {int(partner[0]) for partner in draws}
    assert drawn <= set(np.flatnonzero((patient != patient[0]) & (target == target[0])).tolist())
    assert len(drawn) > 5


def test_a_slice_whose_class_no_other_patient_has_has_no_partner():
    partner = partners(np.array(["a", "b", "c"]), np.array(["p", "p", "q"]), np.array([1, 1, 0]), 0, 1)
    np.testing.assert_array_equal(partner, [-1, -1, -1])
