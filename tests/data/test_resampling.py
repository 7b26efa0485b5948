"""Resampling against a slow twin: loops over pixels, bilinear, about the centre."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camfolio.data.resampling import AIR_HU, resample


def slow(image: np.ndarray, scale: tuple[float, float], outside: float) -> np.ndarray:
    """For every new pixel its position in the old slice: distances from the centre are divided by the scale."""
    height, width = image.shape
    result = np.full(image.shape, outside)
    for row in range(height):
        for column in range(width):
            y = (row - (height - 1) / 2) / scale[0] + (height - 1) / 2
            x = (column - (width - 1) / 2) / scale[1] + (width - 1) / 2
            if not (0 <= y <= height - 1 and 0 <= x <= width - 1):
                continue
            top, left = min(int(y), height - 2), min(int(x), width - 2)
            down, right = y - top, x - left
            result[row, column] = (
                image[top, left] * (1 - down) * (1 - right)
                + image[top, left + 1] * (1 - down) * right
                + image[top + 1, left] * down * (1 - right)
                + image[top + 1, left + 1] * down * right
            )
    return result


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.7, 0.7), (0.53, 0.91), (1.3, 0.8)], ids=str)
def test_every_pixel_is_that_of_the_slow_twin(tiny_slices, spacing):
    slices = tiny_slices(3, size=11)
    stored = np.full((3, 2), spacing, np.float32)
    found = resample(replace(slices, spacing=stored), 0.9)
    scale = tuple(stored[0].astype(float) / np.float32(0.9))
    for i in range(3):
        assert np.allclose(found.hounsfield[i], slow(slices.hounsfield[i], scale, AIR_HU), atol=0.01)
        inside = slow(slices.mask[i].astype(float), scale, 0.0)
        clear = np.abs(inside - 0.5) > 1e-6
        assert np.array_equal(found.mask[i][clear], inside[clear] >= 0.5)


@given(st.floats(0.3, 3.0))
def test_a_slice_of_this_very_spacing_stays_as_it_is(tiny_slices, spacing):
    slices = tiny_slices(2, spacing_mm=spacing)
    found = resample(slices, spacing)
    assert np.array_equal(found.hounsfield, slices.hounsfield)
    assert np.array_equal(found.mask, slices.mask)
    assert np.array_equal(found.spacing, slices.spacing)


@pytest.mark.parametrize("spacing", [0.6, 0.8, 1.25])
def test_the_area_of_a_disc_in_square_millimetres_stays(tiny_slices, spacing):
    slices = tiny_slices(1, size=64)
    rows, columns = np.mgrid[:64, :64] - 31.5
    disc = (np.hypot(rows, columns) <= 15)[None]
    slices = replace(slices, mask=disc, spacing=np.full((1, 2), spacing, np.float32))
    assert resample(slices, 1.0).area_mm2 == pytest.approx(slices.area_mm2, rel=0.02)
    assert slices.area_mm2 == pytest.approx(np.pi * 15**2 * spacing**2, rel=0.02)


def test_what_lies_outside_the_stored_slice_is_air_and_no_nodule(tiny_slices):
    slices = tiny_slices(1)
    slices = replace(slices, mask=np.ones_like(slices.mask), hounsfield=np.full_like(slices.hounsfield, 100))
    found = resample(slices, 2.0)
    assert (found.hounsfield[0, 0] == AIR_HU).all()
    assert (found.hounsfield[0, 4:12, 4:12] == 100).all()
    assert found.mask.sum() == 64


def test_patients_labels_and_ids_stay_and_the_given_slices_are_untouched(tiny_slices):
    slices = tiny_slices(4)
    before = slices.hounsfield.copy()
    found = resample(slices, 0.5)
    for name in ("label", "patient", "id"):
        assert np.array_equal(getattr(found, name), getattr(slices, name))
    assert np.array_equal(found.spacing, np.full((4, 2), 0.5, np.float32))
    assert found.hounsfield.dtype == np.float32
    assert np.array_equal(slices.hounsfield, before)
