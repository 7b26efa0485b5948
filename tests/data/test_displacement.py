"""Displacement: nodules at random places of their slices, whole, at least their radius from the centre where they fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from camfolio.data.displacement import MARGIN, displacement, moved
from camfolio.evidence.localisation import offset_in_radii


def ellipse(long: float, short: float, size: int = 32, off: tuple[float, float] = (0, 0)) -> np.ndarray:
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    return np.hypot((rows - off[0]) / long, (columns - off[1]) / short) <= 1


def placed(masks: np.ndarray, number: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Displacements of many nodules of one shape, and the displaced masks."""
    by = [displacement(masks, 7, f"n{n}") for n in range(number)]
    return np.array(by), np.stack([moved(mask, one) for one in by for mask in masks])


@pytest.mark.parametrize(("long", "short"), [(2, 2), (4.3, 3), (6.5, 6), (7, 3)])
def test_a_nodule_that_fits_is_whole_and_at_least_its_radius_from_the_centre(long, short):
    masks = ellipse(long, short, off=(0.2, -0.2))[None]
    _, found = placed(masks)
    assert (found.sum((1, 2)) == masks.sum()).all()
    assert offset_in_radii(found, np.ones((len(found), 2), np.float32)).min() >= 1
    assert not found[:, :MARGIN].any()
    assert not found[:, :, -MARGIN:].any()


def test_directions_are_uniform_and_distances_too():
    by, _ = placed(ellipse(3, 3)[None], 1500)
    angles, distances = np.arctan2(by[:, 0], by[:, 1]), np.hypot(by[:, 0], by[:, 1])
    assert stats.kstest((angles + np.pi) / (2 * np.pi), "uniform").pvalue > 0.001
    assert stats.kstest(distances, stats.uniform(3.7, 9.3).cdf).statistic < 0.08
    assert abs(stats.spearmanr(np.cos(angles), distances).statistic) < 0.1


def test_the_place_depends_on_seed_and_nodule_alone():
    masks = ellipse(3, 3)[None]
    assert displacement(masks, 7, "a-n01") == displacement(masks, 7, "a-n01")
    assert len({displacement(masks, seed, name) for seed in (7, 8) for name in ("a-n01", "a-n02")}) > 1


def test_all_slices_of_a_nodule_are_displaced_alike_and_stay_whole():
    masks = np.stack([ellipse(5, 4), ellipse(3, 3), ellipse(2, 4)])
    by, found = placed(masks)
    assert (found.sum((1, 2)).reshape(-1, 3) == masks.sum((1, 2))).all()
    assert len(by) == 400


def test_large_nodules_are_displaced_as_far_as_they_stay_whole():
    masks = ellipse(12, 12)[None]
    by, found = placed(masks)
    assert (found.sum((1, 2)) == masks.sum()).all()
    assert set(np.abs(by).max(1).tolist()) == {3}
    assert (offset_in_radii(found, np.ones((len(found), 2), np.float32)) < 1).all()


def test_a_nodule_as_large_as_its_slice_stays_along_that_axis():
    by, _ = placed(ellipse(30, 3)[None])
    assert (by[:, 0] == 0).all()
    assert displacement(np.ones((1, 32, 32), bool), 7, "a") == (0, 0)


def test_a_nodule_that_fits_only_diagonally_is_displaced_diagonally():
    by, found = placed(ellipse(8.2, 8.2)[None])
    assert offset_in_radii(found, np.ones((len(found), 2), np.float32)).min() >= 1
    assert np.abs(by).min() >= 4
    assert {tuple(signs) for signs in np.sign(by).tolist()} == {(1, 1), (1, -1), (-1, 1), (-1, -1)}


def test_the_place_does_not_tell_labels_apart_among_nodules_of_a_size():
    label = np.random.default_rng(0).integers(0, 2, 600)
    by, _ = placed(ellipse(4, 3)[None], 600)
    distance = np.hypot(by[:, 0], by[:, 1])
    for value in (distance, by[:, 0], by[:, 1]):
        assert stats.mannwhitneyu(value[label == 0], value[label == 1]).pvalue > 0.01
