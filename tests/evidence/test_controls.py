import math

import numpy as np
import pytest

from camfolio.evidence.controls import CONTROLS, Scene, others_mean

WINDOW = (-1000.0, 400.0)


def scene_of(slices, **changes):
    given = {"spacing": slices.spacing, "window_hu": WINDOW, "sigma_mm": 2.0, "seed": 7} | changes
    return Scene(slices.hounsfield, slices.id, **given)


@pytest.fixture
def slices(tiny_slices):
    return tiny_slices(6)


@pytest.mark.parametrize("name", CONTROLS)
def test_control_maps_do_not_depend_on_other_slices(name, slices):
    control = CONTROLS[name]
    maps = control(scene_of(slices))
    assert maps.shape == slices.hounsfield.shape
    assert (maps >= 0).all()
    assert np.isfinite(maps).all()
    chosen = np.array([4, 1])
    np.testing.assert_array_equal(control(scene_of(slices.select(chosen))), maps[chosen])


def test_random_maps_depend_on_seed_and_slice_id_only(slices):
    random = CONTROLS["random"]
    maps = random(scene_of(slices))
    np.testing.assert_array_equal(random(scene_of(slices)), maps)
    assert not np.isclose(random(scene_of(slices, seed=8)), maps).any(axis=(1, 2)).all()
    assert abs(np.corrcoef(maps[0].ravel(), maps[1].ravel())[0, 1]) < 0.2
    assert maps.mean() == pytest.approx(0.5, abs=0.05)


def test_the_edge_detector_equals_a_slow_sobel_magnitude(slices):
    maps = CONTROLS["edges"](scene_of(slices))[0]
    image = (slices.hounsfield[0].astype(float).clip(*WINDOW) - WINDOW[0]) / (WINDOW[1] - WINDOW[0])

    def at(row, column):
        return image[min(max(row, 0), 15), min(max(column, 0), 15)]

    for row, column in [(0, 0), (3, 8), (15, 7), (8, 8)]:
        down = sum(w * (at(row + 1, column + d) - at(row - 1, column + d)) for d, w in ((-1, 1), (0, 2), (1, 1)))
        across = sum(w * (at(row + d, column + 1) - at(row + d, column - 1)) for d, w in ((-1, 1), (0, 2), (1, 1)))
        assert maps[row, column] == pytest.approx(math.hypot(down, across))


def test_the_image_itself_is_clipped_to_the_window(slices):
    slices.hounsfield[0, 0, 0], slices.hounsfield[0, 0, 1], slices.hounsfield[0, 0, 2] = -2000, 3000, -300
    assert CONTROLS["intensity"](scene_of(slices))[0, 0, :3].tolist() == [0.0, 1.0, 0.5]


@pytest.mark.parametrize(("size", "middle"), [(16, [(7, 7), (7, 8), (8, 7), (8, 8)]), (15, [(7, 7)])])
def test_the_centre_is_one_pixel_or_four(size, middle, tiny_slices):
    maps = CONTROLS["centre_pixel"](scene_of(tiny_slices(2, size)))[1]
    assert [tuple(cell) for cell in np.argwhere(maps)] == middle


def test_the_standard_deviation_of_the_blob_is_in_mm(tiny_slices):
    slices = tiny_slices(2, 15)
    scene = scene_of(slices, spacing=np.tile(np.float32([1.0, 0.5]), (2, 1)), sigma_mm=2.0)
    blob = CONTROLS["centre_blob"](scene)[0]
    assert blob[7, 7] == 1.0
    assert blob[9, 7] == pytest.approx(math.exp(-0.5))
    assert blob[7, 11] == pytest.approx(math.exp(-0.5))
    assert blob[9, 11] == pytest.approx(math.exp(-1))


def slow_others_mean(maps, patient, target):
    """One slice after the other, as the definition says."""
    result = np.zeros(maps.shape)
    for i in range(len(maps)):
        chosen = [j for j in range(len(maps)) if patient[j] != patient[i] and target[j] == target[i]]
        parts = [maps[j] / maps[j].sum() if maps[j].sum() > 0 else 0 * maps[j] for j in chosen]
        if parts:
            result[i] = sum(parts) / len(parts)
    return result


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_of_others_is_that_of_its_slow_twin(seed):
    chance = np.random.default_rng(seed)
    maps = chance.random((12, 5, 4)) * chance.integers(0, 2, (12, 1, 1))
    patient = np.array([f"p{number}" for number in chance.integers(0, 5, 12)])
    target = chance.integers(0, 2, 12)
    np.testing.assert_allclose(
        others_mean(maps, patient, target), slow_others_mean(maps, patient, target), rtol=1e-9, atol=1e-15
    )


def test_the_mean_of_others_does_not_change_with_a_patient_s_own_maps():
    chance = np.random.default_rng(0)
    maps, patient, target = chance.random((6, 4, 4)), np.array(list("aabbcc")), np.zeros(6, np.int64)
    before = others_mean(maps, patient, target)
    maps[:2] = chance.random((2, 4, 4)) * 9
    after = others_mean(maps, patient, target)
    np.testing.assert_allclose(after[:2], before[:2], rtol=1e-12)
    assert not np.allclose(after[2:], before[2:])


def test_a_patient_who_is_alone_with_a_class_has_an_empty_mean():
    maps = np.ones((3, 2, 2))
    mean = others_mean(maps, np.array(["a", "b", "b"]), np.array([1, 0, 0]))
    assert not mean.any()


def test_maps_that_all_lie_at_one_place_do_no_better_than_the_mean_of_others():
    """The truth is known: a method that only knows the centre, and one that follows displaced nodules."""
    rows, columns = np.mgrid[:16, :16]
    chance = np.random.default_rng(1)
    places = chance.integers(3, 13, (40, 2))
    masks = np.stack([np.hypot(rows - row, columns - column) <= 2 for row, column in places])
    patient, target = np.array([f"p{number}" for number in range(40)]), np.zeros(40, np.int64)

    def energy(maps):
        return float(((maps * masks).sum((1, 2)) / maps.sum((1, 2))).mean())

    centre = np.repeat(np.exp(-((rows - 7.5) ** 2 + (columns - 7.5) ** 2) / 8)[None], 40, axis=0)
    following = masks.astype(np.float64)
    assert energy(others_mean(centre, patient, target)) == pytest.approx(energy(centre))
    assert energy(others_mean(following, patient, target)) < 0.2 < energy(following)
