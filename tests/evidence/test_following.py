"""How far a map's centre follows the nodule: cases in which the slope is known."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.evidence.following import places, slope

RNG = np.random.default_rng(5)
COUNT = 60


def discs(by: np.ndarray, radius: float = 3.0) -> np.ndarray:
    rows, columns = np.indices((32, 32)) - 15.5
    return np.stack([np.hypot(rows - down, columns - right) <= radius for down, right in by])


BY = RNG.integers(-10, 11, (COUNT, 2))
MASKS = discs(BY)
SPACING = np.full((COUNT, 2), 0.7, np.float32)
BLOB = np.exp(-((np.hypot(*(np.indices((32, 32)) - 15.5)) / 5) ** 2))


def slopes(maps: np.ndarray, masks: np.ndarray = MASKS) -> tuple[float, float]:
    found = places(maps.astype(np.float64), masks, SPACING)
    return slope(found.centre_of_mass, found.nodule), slope(found.maximum, found.nodule)


def test_the_mask_itself_follows_and_a_fixed_blob_stays():
    assert slopes(MASKS) == pytest.approx((1, 1))
    assert slopes(np.broadcast_to(BLOB, MASKS.shape)) == pytest.approx((0, 0), abs=1e-12)


def test_a_map_that_moves_half_as_far_has_one_half_wherever_it_starts():
    half = discs(BY / 2 + (3, -2), 1.5)
    assert slopes(half) == pytest.approx((0.5, 0.5), abs=0.03)


def test_energy_everywhere_lowers_the_centre_of_mass_to_the_share_on_the_nodule_and_leaves_the_maximum():
    share = MASKS / MASKS.sum((1, 2), keepdims=True)
    mixed = 0.3 * share + 0.7 / 32**2
    assert slopes(mixed) == pytest.approx((0.3, 1))


def test_both_axes_count_by_how_far_nodules_move_along_them():
    down = discs(BY * (1, 0))
    centre, _ = slopes(down)
    assert centre == pytest.approx((BY[:, 0].var()) / BY.var(0).sum(), rel=1e-6)


def test_slices_without_mask_or_map_are_left_out():
    maps, masks = MASKS.astype(np.float64), MASKS.copy()
    maps[0], masks[1] = 0, False
    found = places(maps, masks, SPACING)
    assert np.isnan(found.maximum[0]).all()
    assert np.isnan(found.centre_of_mass[0]).all()
    assert np.isnan(found.nodule[1]).all()
    assert slopes(maps, masks) == pytest.approx((1, 1))


def test_nodules_at_one_place_have_no_slope():
    same = discs(np.zeros((COUNT, 2)))
    assert np.isnan(slopes(MASKS, same)).all()
    assert np.isnan(slopes(MASKS, np.zeros_like(MASKS))).all()


def test_places_are_millimetres_from_the_centre_of_the_slice():
    found = places(MASKS.astype(np.float64), MASKS, SPACING)
    np.testing.assert_allclose(found.nodule, BY * 0.7, atol=1e-5)
    np.testing.assert_allclose(found.maximum, BY * 0.7, atol=1e-5)
