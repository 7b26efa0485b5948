"""Slices: what fits together is taken, everything else is refused in a sentence."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import TypeCheckError, config

from camfolio.data.slices import Slices
from camfolio.errors import DataError


def same(one: Slices, other: Slices) -> bool:
    return all(
        getattr(one, field.name).dtype == getattr(other, field.name).dtype
        and np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(Slices)
    )


def test_what_is_saved_is_loaded(tiny_slices, tmp_path):
    slices = tiny_slices(6)
    slices.save(tmp_path / "slices.npz")
    assert same(Slices.load(tmp_path / "slices.npz"), slices)


def test_the_same_slices_are_the_same_bytes(tiny_slices, tmp_path):
    for name in ("one", "two"):
        tiny_slices(6).save(tmp_path / f"{name}.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True))
def test_a_selection_keeps_rows_together_and_in_the_order_asked_for(tiny_slices, chosen):
    slices = tiny_slices(6)
    selected = slices.select(np.array(chosen))
    assert len(selected) == len(chosen)
    for field in fields(Slices):
        for row, index in enumerate(chosen):
            assert np.array_equal(getattr(selected, field.name)[row], getattr(slices, field.name)[index])


def test_a_boolean_selection_is_the_same_as_its_indices(tiny_slices):
    slices = tiny_slices(6)
    assert same(slices.select(slices.label == 1), slices.select(np.flatnonzero(slices.label == 1)))


def test_the_area_is_counted_in_square_millimetres(tiny_slices):
    slices = tiny_slices(4)
    mask = np.zeros_like(slices.mask)
    mask[0, :2, :3] = True
    spacing = np.array([[0.5, 2.0], [1, 1], [1, 1], [1, 1]], np.float32)
    np.testing.assert_array_equal(replace(slices, mask=mask, spacing=spacing).area_mm2, [6.0, np.nan, np.nan, np.nan])


def test_slices_are_frozen(tiny_slices):
    slices = tiny_slices(4)
    with pytest.raises(FrozenInstanceError):
        slices.label = slices.label


def test_none_left_is_refused(tiny_slices):
    with pytest.raises(DataError, match="Expected at least one slice, but got none"):
        tiny_slices(4).select(np.array([], dtype=np.int64))


@pytest.fixture
def unchecked():
    """As in production: no array types are checked, so that the sentence is what the user sees."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.mark.parametrize("name", [field.name for field in fields(Slices) if field.name != "label"])
def test_every_array_has_as_many_entries_as_there_are_labels(tiny_slices, unchecked, name):
    slices = tiny_slices(4)
    with pytest.raises(DataError, match=f"Expected 4 entries in {name}, as in label, but got 3"):
        replace(slices, **{name: getattr(slices, name)[:3]})


def test_masks_have_the_shape_of_the_slices(tiny_slices, unchecked):
    slices = tiny_slices(4)
    with pytest.raises(DataError, match=r"Expected masks of shape \(4, 16, 16\), as the slices, but got \(4, 16, 15\)"):
        replace(slices, mask=slices.mask[:, :, :15])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_attenuation_is_finite(tiny_slices, value):
    slices = tiny_slices(4)
    hounsfield = slices.hounsfield.copy()
    hounsfield[2, 3, 3] = value
    with pytest.raises(
        DataError, match="finite Hounsfield units, but got NaN or infinity in slice number 2, counted from 0"
    ):
        replace(slices, hounsfield=hounsfield)


@pytest.mark.parametrize("value", [-1, 2])
def test_labels_are_zero_or_one(tiny_slices, value):
    slices = tiny_slices(4)
    with pytest.raises(DataError, match=f"Expected labels 0 and 1, but got {value}"):
        replace(slices, label=np.array([0, 1, value, 1]))


@pytest.mark.parametrize(("value", "words"), [(0, "0"), (-1.5, "-1.5"), (np.nan, "nan"), (np.inf, "inf")])
def test_spacing_is_a_length(tiny_slices, value, words):
    spacing = np.ones((4, 2), np.float32)
    spacing[1, 1] = value
    with pytest.raises(DataError, match=f"Expected a pixel spacing above 0 mm, but got {words}"):
        replace(tiny_slices(4), spacing=spacing)


def test_an_id_stands_once(tiny_slices):
    with pytest.raises(
        DataError, match="Expected every slice id once, but slices number 1 and 3, counted from 0, share one"
    ):
        replace(tiny_slices(4), id=np.array(["a", "b", "c", "b"]))


def test_another_shape_than_promised_is_a_mistake_in_our_code_under_test(tiny_slices):
    slices = tiny_slices(4)
    with pytest.raises(TypeCheckError, match="mask"):
        replace(slices, mask=slices.mask[:3])


def test_a_slice_without_a_nodule_is_one_of_its_own(tiny_slices):
    slices = tiny_slices(4)
    assert slices.nodule.tolist() == slices.id.tolist()
    assert not slices.nodules_known
    known = replace(slices, nodule=slices.patient)
    assert known.nodules_known
    assert known.select(np.array([3, 1])).nodule.tolist() == ["p001", "p000"]


def test_slices_of_one_nodule_have_one_patient_and_one_label(tiny_slices):
    slices = tiny_slices(4)
    with pytest.raises(DataError, match="one patient for all slices of a nodule, but slices number 1 and 2"):
        replace(slices, nodule=np.array(["a", "b", "b", "c"]))
    with pytest.raises(DataError, match="one label for all slices of a nodule, but slices number 2 and 3"):
        replace(slices, nodule=slices.patient, label=np.array([0, 0, 0, 1]))
