import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.filters import threshold_otsu

from camfolio.evidence.localisation import LOCALISATION, Truth, area_share

SHAPE = (4, 3)
CELLS = [(row, column) for row in range(SHAPE[0]) for column in range(SHAPE[1])]


def mean(values):
    return sum(values) / len(values)


def pixels(mask):
    return [cell for cell in CELLS if mask[cell]]


def maxima(values):
    return [cell for cell in CELLS if values[cell] == values.max()]


def apart(one, other, spacing):
    return math.hypot((one[0] - other[0]) * spacing[0], (one[1] - other[1]) * spacing[1])


def slow_energy_share(values, mask, spacing, tolerance):
    return sum(values[cell] for cell in pixels(mask)) / sum(values[cell] for cell in CELLS)


def slow_energy_ratio(values, mask, spacing, tolerance):
    return slow_energy_share(values, mask, spacing, tolerance) / (len(pixels(mask)) / len(CELLS))


def slow_pointing_game(values, mask, spacing, tolerance):
    return mean([float(mask[cell]) for cell in maxima(values)])


def slow_pointing_game_near(values, mask, spacing, tolerance):
    hits = [min(apart(cell, other, spacing) for other in pixels(mask)) <= tolerance for cell in maxima(values)]
    return mean([float(hit) for hit in hits])


def slow_iou_otsu(values, mask, spacing, tolerance):
    if values.max() == values.min():
        return math.nan
    limit = threshold_otsu(values / values.max())
    above = {cell for cell in CELLS if values[cell] / values.max() > limit}
    return len(above & set(pixels(mask))) / len(above | set(pixels(mask)))


def slow_iou_area(values, mask, spacing, tolerance):
    """Fill the nodule's area level by level; the last level only by the share that still fits."""
    left, common = float(len(pixels(mask))), 0.0
    for level in sorted({values[cell] for cell in CELLS}, reverse=True):
        here = [cell for cell in CELLS if values[cell] == level]
        share = min(1.0, left / len(here))
        common += share * sum(bool(mask[cell]) for cell in here)
        left -= share * len(here)
    return common / (2 * len(pixels(mask)) - common)


def slow_pixel_auc(values, mask, spacing, tolerance):
    beside = [cell for cell in CELLS if not mask[cell]]
    return mean(
        [
            1.0 if values[one] > values[other] else 0.5 if values[one] == values[other] else 0.0
            for one in pixels(mask)
            for other in beside
        ]
    )


def slow_centre_distance(values, mask, spacing, tolerance):
    total = sum(values[cell] for cell in CELLS)
    centre = tuple(sum(values[cell] * cell[axis] for cell in CELLS) / total for axis in (0, 1))
    centroid = tuple(mean([cell[axis] for cell in pixels(mask)]) for axis in (0, 1))
    return apart(centre, centroid, spacing)


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
def test_a_score_is_that_of_its_slow_twin_wherever_it_is_defined(name, maps, masks, spacing):
    found = LOCALISATION[name](maps, Truth(masks, spacing, 1.0))
    for i in range(3):
        undefined = not masks[i].any() or masks[i].all() or not maps[i].any()
        expected = math.nan if undefined else TWINS[name](maps[i].astype(float), masks[i], spacing[i], 1.0)
        assert found[i] == pytest.approx(expected, abs=1e-9, nan_ok=True)


@SCORES
@settings(max_examples=20, deadline=None)
@given(maps=MAPS, masks=MASKS, power=st.integers(-90, 90))
def test_a_map_s_scale_does_not_matter(name, maps, masks, power):
    found = LOCALISATION[name](maps, truth_of(masks))
    np.testing.assert_allclose(LOCALISATION[name](np.ldexp(maps, power), truth_of(masks)), found, rtol=1e-12)


@SCORES
@settings(max_examples=20, deadline=None)
@given(maps=MAPS, masks=MASKS, spacing=SPACING, order=st.permutations(range(3)))
def test_the_slices_beside_a_slice_do_not_matter(name, maps, masks, spacing, order):
    truth, chosen = Truth(masks, spacing, 1.0), np.array(order)
    found = LOCALISATION[name](maps, truth)
    np.testing.assert_array_equal(LOCALISATION[name](maps[chosen], truth[chosen]), found[chosen])


@SCORES
@settings(max_examples=20, deadline=None)
@given(maps=MAPS, masks=MASKS, spacing=SPACING)
def test_a_mirrored_map_of_a_mirrored_nodule_scores_the_same(name, maps, masks, spacing):
    found = LOCALISATION[name](maps, Truth(masks, spacing, 1.0))
    for axis in (1, 2):
        mirrored = Truth(np.flip(masks, axis), spacing, 1.0)
        np.testing.assert_allclose(LOCALISATION[name](np.flip(maps, axis), mirrored), found, atol=1e-12)


BEST = dict.fromkeys(LOCALISATION, 1.0) | {"energy_ratio": 256 / 29, "centre_distance": 0.0}
WORST = dict.fromkeys(LOCALISATION, 0.0)


@SCORES
def test_the_mask_itself_is_the_perfect_map_and_what_is_beside_it_the_worst(name):
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
def test_a_map_or_a_mask_that_says_nothing_is_not_defined(name, maps, mask):
    assert np.isnan(LOCALISATION[name](maps, truth_of(mask))).all()


def test_a_map_of_one_value_everywhere_is_at_chance():
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


def test_chance_is_what_a_flat_map_gets_and_a_distance_has_none():
    truth = truth_of(disc()[None])
    assert LOCALISATION["pixel_auc"].at_chance(truth) == pytest.approx([0.5])
    assert LOCALISATION["energy_share"].at_chance(truth) == pytest.approx(area_share(truth.masks))
    assert LOCALISATION["centre_distance"].at_chance(truth) is None
    assert LOCALISATION["iou_otsu"].at_chance(truth) is None


def test_random_maps_are_at_chance_on_average():
    masks, chance = np.repeat(disc()[None], 400, 0), np.random.default_rng(0)
    maps, truth = chance.random(masks.shape), truth_of(masks, 1.0)
    for name in ("energy_share", "energy_ratio", "pointing_game", "pointing_game_near", "pixel_auc"):
        score = LOCALISATION[name]
        assert score(maps, truth).mean() == pytest.approx(score.at_chance(truth).mean(), rel=0.15), name


def test_of_equal_maxima_the_share_that_hits_counts():
    mask = disc()[None]
    maps = np.zeros((1, 16, 16))
    maps[0, 7, 8] = maps[0, 0, 0] = maps[0, 15, 15] = maps[0, 0, 15] = 2.0
    assert LOCALISATION["pointing_game"](maps, truth_of(mask)).tolist() == [0.25]


def test_the_tolerance_is_in_millimetres_along_each_axis():
    mask = np.zeros((2, 9, 9), bool)
    mask[:, 4, 4] = True
    maps = np.zeros((2, 9, 9))
    maps[0, 6, 4] = maps[1, 4, 6] = 1.0  # two pixels below, two pixels beside
    for tolerance, hits in ((1.9, [0.0, 0.0]), (2.0, [1.0, 0.0]), (4.0, [1.0, 1.0])):
        truth = Truth(mask, np.tile(np.float32([1.0, 2.0]), (2, 1)), tolerance)
        assert LOCALISATION["pointing_game_near"](maps, truth).tolist() == hits
        assert LOCALISATION["pointing_game"](maps, truth).tolist() == [0.0, 0.0]


def test_the_distance_of_centres_is_in_millimetres_along_each_axis():
    mask = np.zeros((1, 9, 9), bool)
    mask[0, 2:5, 3] = True
    maps = np.zeros((1, 9, 9))
    maps[0, 5, 7] = 3.0
    found = LOCALISATION["centre_distance"](maps, Truth(mask, np.float32([[0.5, 2.0]])))
    assert found == pytest.approx([math.hypot(2 * 0.5, 4 * 2.0)])


def test_area_share_knows_a_full_slice_but_not_an_empty_mask():
    masks = np.zeros((3, 4, 4), bool)
    masks[0, 1, 1] = True
    masks[1] = True
    np.testing.assert_array_equal(area_share(masks), [1 / 16, 1.0, np.nan])


def test_no_slice_at_all_gives_no_score():
    empty = np.zeros((0, 4, 4))
    for score in LOCALISATION.values():
        assert score(empty, truth_of(empty.astype(bool))).shape == (0,)
