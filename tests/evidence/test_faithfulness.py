import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from camfolio.evidence.faithfulness import FAITHFULNESS, area_under, curves, drop_and_increase, road, subject_scores
from camfolio.evidence.imputation import impute
from camfolio.evidence.perturbation import (
    BLOCK,
    Perturbation,
    Queries,
    parenchyma_hu,
    ranks,
    replacements,
    with_probabilities,
)
from camfolio.statistics.random_generators import slice_generator

STEPS = (0.1, 0.25, 0.5)
WEIGHTS = np.random.default_rng(3).uniform(0, 1, (4, 5))


def answers(hounsfield):
    """A network whose logit is a weighed sum of pixels."""
    logit = (hounsfield * WEIGHTS).sum((1, 2), dtype=np.float64) / 2000
    second = 1 / (1 + np.exp(-logit))
    return np.stack([1 - second, second], axis=1)


def about_of(n=3, asked=answers, seed=5):
    chance = np.random.default_rng(n)
    hounsfield = chance.uniform(-1000, 400, (n, 4, 5)).astype(np.float32)
    return Queries(hounsfield, np.array([f"s{i}" for i in range(n)]), np.arange(n) % 2, asked, seed)


def flat_baseline(about, value=-850.0):
    return with_probabilities(about, np.full(about.hounsfield.shape, value, np.float32))


def scores_of(about, maps, baseline=None, *, in_focus=True):
    """All scores, with the one baseline that every one of them has."""
    baselines = {"parenchyma": flat_baseline(about) if baseline is None else baseline}
    return subject_scores(about, maps, Perturbation(baselines, STEPS, STEPS, 14.0), in_focus=in_focus)


def slow_order(values, name, seed):
    """Highest first; equal ones by the slice's own chance."""
    noise = slice_generator(seed, name, "ties").random(values.size)
    return sorted(range(values.size), key=lambda pixel: (-values.flat[pixel], noise[pixel]))


def slow_probability(image, target):
    logit = sum(float(image.flat[i]) * WEIGHTS.flat[i] for i in range(image.size)) / 2000
    second = 1 / (1 + math.exp(-logit))
    return second if target == 1 else 1 - second


def slow_curves(about, maps, baseline, shares):
    deletions, insertions = [], []
    for i, name in enumerate(about.id):
        order = slow_order(maps[i], name, about.seed)
        rows = ([], [])
        for share in shares:
            gone = set(order[: round(share * maps[i].size)])
            image, other = about.hounsfield[i].ravel(), baseline[i].ravel()
            deleted = np.array([other[p] if p in gone else image[p] for p in range(image.size)])
            inserted = np.array([image[p] if p in gone else other[p] for p in range(image.size)])
            rows[0].append(slow_probability(deleted, about.target[i]))
            rows[1].append(slow_probability(inserted, about.target[i]))
        deletions.append(rows[0])
        insertions.append(rows[1])
    return np.array(deletions), np.array(insertions)


MAPS = arrays.arrays(np.float64, (3, 4, 5), elements=st.integers(0, 4).map(float)).filter(
    lambda maps: (np.ptp(maps, axis=(1, 2)) > 0).all()
)


@settings(max_examples=25, deadline=None)
@given(maps=MAPS)
def test_deletion_and_insertion_are_those_of_a_slow_twin(maps):
    about = about_of()
    baseline = flat_baseline(about)
    found = curves(about, maps, baseline, STEPS)
    expected = slow_curves(about, maps, baseline.hounsfield, (0.0, *STEPS, 1.0))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(maps=MAPS)
def test_road_is_that_of_a_slow_twin(maps):
    about = about_of()
    found = road(about, maps, STEPS, 14.0)
    for i, name in enumerate(about.id):
        noise = slice_generator(about.seed, name, "imputation").normal(0, 14.0, (4, 5))
        order = slow_order(maps[i], name, about.seed)
        for which, pixels in enumerate((order, order[::-1])):
            for step, share in enumerate(STEPS):
                removed = np.zeros(20, bool)
                removed[pixels[: round(share * 20)]] = True
                image = impute(about.hounsfield[i].astype(float), removed.reshape(4, 5), noise)
                assert found[which][i, step] == pytest.approx(slow_probability(image, about.target[i]), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(maps=MAPS)
def test_drop_and_increase_are_those_of_a_slow_twin(maps):
    about = about_of()
    found = drop_and_increase(about, maps, Perturbation({"parenchyma": flat_baseline(about)}, STEPS, STEPS, 14.0))
    for i in range(3):
        share = maps[i] / maps[i].max()
        seen = share * about.hounsfield[i] + (1 - share) * -850.0
        before, after = (slow_probability(image, about.target[i]) for image in (about.hounsfield[i], seen))
        assert found.scores["average_drop"][i] == pytest.approx(max(0.0, (before - after) / before), abs=1e-6)
        assert found.scores["average_increase"][i] == float(after > before) or abs(after - before) < 1e-6


@settings(max_examples=20, deadline=None)
@given(maps=MAPS, power=st.integers(-60, 60), order=st.permutations(range(3)))
def test_neither_scale_nor_neighbours_matter(maps, power, order):
    about, chosen = about_of(), np.array(order)
    found = scores_of(about, maps)
    part = about[chosen]
    scaled = np.ldexp(maps, power)[chosen]
    again = scores_of(part, scaled)
    for name, values in found.scores.items():
        np.testing.assert_allclose(again.scores[name], values[chosen], atol=1e-12)
    for name, values in found.curves.items():
        np.testing.assert_allclose(again.curves[name], values[chosen], atol=1e-12)


def test_equal_pixels_come_in_an_order_by_chance_that_belongs_to_the_slice():
    maps, names = np.zeros((200, 4, 5)), np.array([f"s{i}" for i in range(200)])
    maps[:, 0, 0] = 1
    places = ranks(maps, names, 0)
    assert (places[:, 0, 0] == 0).all()
    np.testing.assert_array_equal(np.sort(places.reshape(200, -1), axis=1), np.tile(np.arange(20), (200, 1)))
    np.testing.assert_allclose(places.mean(0).ravel()[1:], 10, atol=1.5)
    np.testing.assert_array_equal(ranks(maps[::-1], names[::-1], 0), places[::-1])
    assert (ranks(maps, names, 1) != places).any()


def test_the_true_order_beats_every_other_one():
    about = about_of(8)
    lung = flat_baseline(about, -1000.0)
    effect = (about.hounsfield + 1000) * WEIGHTS * np.where(about.target == 1, 1, -1)[:, None, None]
    best = effect - effect.min((1, 2), keepdims=True)
    scores = {}
    for name, maps in {
        "best": best,
        "worst": best.max() - best,
        "other": np.random.default_rng(0).random(best.shape),
    }.items():
        scores[name] = scores_of(about, maps, lung).scores
    for other in ("worst", "other"):
        assert (scores["best"]["deletion_parenchyma"] <= scores[other]["deletion_parenchyma"] + 1e-9).all()
        assert (scores["best"]["insertion_parenchyma"] >= scores[other]["insertion_parenchyma"] - 1e-9).all()


def test_least_relevant_first_is_most_relevant_first_of_the_opposite_map():
    about = about_of()
    maps = np.random.default_rng(1).random((3, 4, 5))
    first, last = road(about, maps, STEPS, 14.0)
    again_last, again_first = road(about, 1 - maps, STEPS, 14.0)
    np.testing.assert_allclose(first, again_first)
    np.testing.assert_allclose(last, again_last)


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_a_map_of_one_value_has_no_order(value):
    about = about_of()
    maps = np.random.default_rng(1).random((3, 4, 5))
    maps[1] = value
    found = scores_of(about, maps)
    for name, values in [*found.scores.items(), *found.curves.items()]:
        masked = name in {"average_drop", "average_increase"}
        assert np.isnan(values[1]).all() == (not masked or value == 0), name
        assert np.isfinite(values[[0, 2]]).all(), name


def test_an_unknown_baseline_leaves_its_scores_undefined():
    about = about_of()
    unknown = flat_baseline(about, math.nan)
    assert not unknown.known.any()
    found = scores_of(about, np.random.default_rng(1).random((3, 4, 5)), unknown, in_focus=False)
    assert all(np.isnan(values).all() for values in (*found.scores.values(), *found.curves.values()))


def test_the_network_is_asked_in_blocks_whatever_the_number_of_slices():
    sizes = []

    def counting(hounsfield):
        sizes.append(len(hounsfield))
        return answers(hounsfield)

    about = about_of(300, counting)
    maps = np.random.default_rng(1).random((300, 4, 5))
    scores_of(about, maps)
    assert max(sizes) <= BLOCK
    assert sum(sizes) == 300 * (2 + 2 * len(STEPS) + 1 + 2 * len(STEPS))


def test_an_area_is_the_mean_height_of_a_curve():
    curve = np.array([[1.0, 0.5, 0.0], [0.25, 0.25, 0.25]])
    np.testing.assert_allclose(area_under(curve, (0.0, 0.2, 1.0)), [0.2 * 0.75 + 0.8 * 0.25, 0.25])
    np.testing.assert_allclose(area_under(curve, (0.1, 0.2, 0.3)), [0.5, 0.25])


def test_parenchyma_is_what_lies_beside_nodules_and_below_the_limit():
    hounsfield = np.array([[[-900.0, -800.0], [-700.0, 40.0]]], np.float32)
    masks = np.array([[[False, False], [True, False]]])
    assert parenchyma_hu(hounsfield, masks, -500.0) == -850.0
    assert math.isnan(parenchyma_hu(hounsfield, masks, -950.0))


def test_the_blur_is_in_millimetres_along_each_axis():
    hounsfield = np.zeros((1, 21, 21), np.float32)
    hounsfield[0, 10, 10] = 1000
    blurred = replacements(hounsfield, np.float32([[1.0, 2.0]]), -850.0, 2.0)["blur"][0]
    assert blurred[12, 10] == pytest.approx(blurred[10, 11], rel=0.3)
    assert blurred[11, 10] > blurred[10, 11]
    assert blurred.sum() == pytest.approx(1000, rel=1e-3)


def test_every_measure_is_computed():
    about = about_of()
    baselines = {name: flat_baseline(about) for name in ("parenchyma", "blur")}
    maps = np.random.default_rng(1).random((3, 4, 5))
    found = subject_scores(about, maps, Perturbation(baselines, STEPS, STEPS, 14.0))
    assert set(found.scores) == set(FAITHFULNESS)
    assert all(values.shape == (3,) for values in found.scores.values())
    assert set(found.curves) == {"road_morf", "road_lerf"} | {
        f"{kind}_{name}" for kind in ("deletion", "insertion") for name in baselines
    }
