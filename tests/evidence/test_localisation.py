import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.filters import threshold_otsu

from camfolio.evidence.localisation import LOCALISATION, Truth, area_share, offset_in_radii

SHAPE = (4, 3)
CELLS = [(row, column) for row in range(SHAPE[0]) for column in range(SHAPE[1])]


def mean(values):
    return sum(values) / len(values)


def pixels(mask):
    return [cell for cell in CELLS if mask[cell]]


def maxima(values):
    return [cell for cell in CELLS if values[cell] == values.max()]


def distance(first, second, spacing):
    return math.hypot((first[0] - second[0]) * spacing[0], (first[1] - second[1]) * spacing[1])


def slow_energy_share(values, mask, spacing, tolerance):
    return sum(values[cell] for cell in pixels(mask)) / sum(values[cell] for cell in CELLS)


def slow_energy_ratio(values, mask, spacing, tolerance):
    return slow_energy_share(values, mask, spacing, tolerance) / (len(pixels(mask)) / len(CELLS))


def slow_pointing_game(values, mask, spacing, tolerance):
    return mean([float(mask[cell]) for cell in maxima(values)])


def slow_pointing_game_near(values, mask, spacing, tolerance):
    hits = [min(distance(cell, inside, spacing) for inside in pixels(mask)) <= tolerance for cell in maxima(values)]
    return mean([float(hit) for hit in hits])


def slow_iou_otsu(values, mask, spacing, tolerance):
    if values.max() == values.min():
        return math.nan
    limit = threshold_otsu(values / values.max())
    above = {cell for cell in CELLS if values[cell] / values.max() > limit}
    return len(above & set(pixels(mask))) / len(above | set(pixels(mask)))


def slow_iou_area(values, mask, spacing, tolerance):
    """Add pixels up to the nodule's area, value by value; those of the last value by the share that is needed."""
    left, common = float(len(pixels(mask))), 0.0
    for level in sorted({values[cell] for cell in CELLS}, reverse=True):
        equal = [cell for cell in CELLS if values[cell] == level]
        share = min(1.0, left / len(equal))
        common += share * sum(bool(mask[cell]) for cell in equal)
        left -= share * len(equal)
    return common / (2 * len(pixels(mask)) - common)


def slow_pixel_auc(values, mask, spacing, tolerance):
    outside = [cell for cell in CELLS if not mask[cell]]
    return mean(
        [
            1.0 if values[p] > values[n] else 0.5 if values[p] == values[n] else 0.0
            for p in pixels(mask)
            for n in outside
        ]
    )


def slow_centre_distance(values, mask, spacing, tolerance):
    total = sum(values[cell] for cell in CELLS)
    centre = tuple(sum(values[cell] * cell[axis] for cell in CELLS) / total for axis in (0, 1))
    centroid = tuple(mean([cell[axis] for cell in pixels(mask)]) for axis in (0, 1))
    return distance(centre, centroid, spacing)


TWINS = {name.removeprefix("slow_"): twin for name, twin in list(globals().items()) if name.startswith("slow_")}
MAPS = arrays.arrays(np.float32, (3, *SHAPE), elements=st.integers(0, 5).map(float))
MASKS = arrays.arrays(bool, (3, *SHAPE))
SPACING = arrays.arrays(np.float32, (3, 2), elements=st.sampled_from([0.5, 1.0, 2.0]))
SCORES = pytest.mark.parametrize("name", LOCALISATION)


def truth_of(masks, tolerance_mm=1.0, spacing_mm=1.0):
    return Truth(masks, np.full((len(masks), 2), spacing_mm, np.float32), tolerance_mm)


def disc(size=16, radius=3.0, row=7.0, column=8.0):
    rows, columns = np.mgrid[:size, :size]
    return np.hypot(rows - row, columns - column) <= radius


def test_every_score_has_a_slow_twin():
    assert set(TWINS) == set(LOCALISATION)


@SCORES
@settings(max_examples=40, deadline=None)
@given(maps=MAPS, masks=MASKS, spacing=SPACING)
def test_a_score_equals_its_slow_twin(name, maps, masks, spacing):
    scores = LOCALISATION[name](maps, Truth(masks, spacing, 1.0))
    for i in range(3):
        undefined = not masks[i].any() or masks[i].all() or not maps[i].any()
        expected = math.nan if undefined else TWINS[name](maps[i].astype(float), masks[i], spacing[i], 1.0)
        assert scores[i] == pytest.approx(expected, abs=1e-9, nan_ok=True)


@SCORES
@settings(max_examples=20, deadline=None)
@given(maps=MAPS, masks=MASKS, power=st.integers(-90, 90))
def test_scores_do_not_depend_on_the_scale_of_maps(name, maps, masks, power):
    scores = LOCALISATION[name](maps, truth_of(masks))
    np.testing.assert_allclose(LOCALISATION[name](np.ldexp(maps, power), truth_of(masks)), scores, rtol=1e-12)


@SCORES
@settings(max_examples=20, deadline=None)
@given(maps=MAPS, masks=MASKS, spacing=SPACING, order=st.permutations(range(3)))
def test_scores_do_not_depend_on_other_slices(name, maps, masks, spacing, order):
    truth, chosen = Truth(masks, spacing, 1.0), np.array(order)
    scores = LOCALISATION[name](maps, truth)
    np.testing.assert_array_equal(LOCALISATION[name](maps[chosen], truth[chosen]), scores[chosen])


@SCORES
@settings(max_examples=20, deadline=None)
@given(maps=MAPS, masks=MASKS, spacing=SPACING)
def test_scores_do_not_change_under_mirroring(name, maps, masks, spacing):
    scores = LOCALISATION[name](maps, Truth(masks, spacing, 1.0))
    for axis in (1, 2):
        mirrored = Truth(np.flip(masks, axis), spacing, 1.0)
        np.testing.assert_allclose(LOCALISATION[name](np.flip(maps, axis), mirrored), scores, atol=1e-12)


BEST = dict.fromkeys(LOCALISATION, 1.0) | {"energy_ratio": 256 / 29, "centre_distance": 0.0}
WORST = dict.fromkeys(LOCALISATION, 0.0)


@SCORES
def test_the_mask_scores_best_and_its_complement_worst(name):
    mask = disc()[None]
    assert LOCALISATION[name](mask.astype(float), truth_of(mask, 0.5)) == pytest.approx([BEST[name]], abs=1e-12)
    if name != "centre_distance":
        assert LOCALISATION[name]((~mask).astype(float), truth_of(mask, 0.5)).tolist() == [WORST[name]]


@SCORES
@pytest.mark.parametrize(
    ("maps", "mask"),
    [
        (np.zeros((1, 16, 16)), disc()[None]),
        (np.ones((1, 16, 16)), np.zeros((1, 16, 16), bool)),
        (np.eye(16)[None], np.ones((1, 16, 16), bool)),
    ],
    ids=["empty map", "no mask", "mask that fills the slice"],
)
def test_scores_of_empty_maps_and_of_empty_or_full_masks_are_not_defined(name, maps, mask):
    assert np.isnan(LOCALISATION[name](maps, truth_of(mask))).all()


def test_uniform_maps_score_at_chance():
    mask = disc()[None]
    share = 29 / 256
    scores = {name: score(np.full((1, 16, 16), 0.37), truth_of(mask, 1.0))[0] for name, score in LOCALISATION.items()}
    assert np.isnan(scores.pop("iou_otsu"))
    assert scores == pytest.approx(
        {
            "energy_share": share,
            "energy_ratio": 1.0,
            "pointing_game": share,
            "pointing_game_near": disc(radius=4).sum() / 256,
            "iou_area": share / (2 - share),
            "pixel_auc": 0.5,
            "centre_distance": math.hypot(0.5, 0.5),
        },
        abs=0.02,
    )


def test_chance_levels_are_scores_of_uniform_maps():
    truth = truth_of(disc()[None])
    assert LOCALISATION["pixel_auc"].at_chance(truth) == pytest.approx([0.5])
    assert LOCALISATION["energy_share"].at_chance(truth) == pytest.approx(area_share(truth.masks))
    assert LOCALISATION["centre_distance"].at_chance(truth) is None
    assert LOCALISATION["iou_otsu"].at_chance(truth) is None


def test_random_maps_score_at_chance_on_average():
    masks, generator = np.repeat(disc()[None], 400, 0), np.random.default_rng(0)
    maps, truth = generator.random(masks.shape), truth_of(masks, 1.0)
    for name in ("energy_share", "energy_ratio", "pointing_game", "pointing_game_near", "pixel_auc"):
        score = LOCALISATION[name]
        assert score(maps, truth).mean() == pytest.approx(score.at_chance(truth).mean(), rel=0.15), name


def test_the_pointing_game_averages_over_equal_maxima():
    mask = disc()[None]
    maps = np.zeros((1, 16, 16))
    maps[0, 7, 8] = maps[0, 0, 0] = maps[0, 15, 15] = maps[0, 0, 15] = 2.0
    assert LOCALISATION["pointing_game"](maps, truth_of(mask)).tolist() == [0.25]


def test_the_tolerance_is_in_mm_along_each_axis():
    mask = np.zeros((2, 9, 9), bool)
    mask[:, 4, 4] = True
    maps = np.zeros((2, 9, 9))
    maps[0, 6, 4] = maps[1, 4, 6] = 1.0  # two pixels down, two pixels to the right
    for tolerance, hits in ((1.9, [0.0, 0.0]), (2.0, [1.0, 0.0]), (4.0, [1.0, 1.0])):
        truth = Truth(mask, np.tile(np.float32([1.0, 2.0]), (2, 1)), tolerance)
        assert LOCALISATION["pointing_game_near"](maps, truth).tolist() == hits
        assert LOCALISATION["pointing_game"](maps, truth).tolist() == [0.0, 0.0]


def test_the_distance_of_centres_is_in_mm_along_each_axis():
    mask = np.zeros((1, 9, 9), bool)
    mask[0, 2:5, 3] = True
    maps = np.zeros((1, 9, 9))
    maps[0, 5, 7] = 3.0
    scores = LOCALISATION["centre_distance"](maps, Truth(mask, np.float32([[0.5, 2.0]])))
    assert scores == pytest.approx([math.hypot(2 * 0.5, 4 * 2.0)])


def test_area_share_is_1_for_a_full_mask_and_nan_for_an_empty_one():
    masks = np.zeros((3, 4, 4), bool)
    masks[0, 1, 1] = True
    masks[1] = True
    np.testing.assert_array_equal(area_share(masks), [1 / 16, 1.0, np.nan])


def test_no_slices_give_no_scores():
    empty = np.zeros((0, 4, 4))
    for score in LOCALISATION.values():
        assert score(empty, truth_of(empty.astype(bool))).shape == (0,)


def round_mask(row: float, column: float, radius: float, size: int = 32) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    return np.hypot(rows - row, columns - column) <= radius


def test_a_nodule_s_offset_is_its_distance_from_the_centre_in_its_radii():
    masks = np.stack(
        [round_mask(15.5, 15.5, 4), round_mask(15.5, 23.5, 4), round_mask(7.5, 15.5, 4), np.zeros((32, 32), bool)]
    )
    offset = offset_in_radii(masks, np.ones((4, 2), np.float32))
    assert offset[:3] == pytest.approx([0, 2, 2], abs=0.1)
    assert np.isnan(offset[3])


def test_a_nodule_s_offset_is_measured_in_millimetres_of_either_axis():
    masks, spacing = round_mask(15.5, 19.5, 4)[None], np.array([[1.0, 2.0]], np.float32)
    assert offset_in_radii(masks, spacing)[0] == pytest.approx(8 / (4 * np.sqrt(2)), abs=0.1)
