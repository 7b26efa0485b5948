import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from camfolio.evidence.faithfulness import FAITHFULNESS, area_under, between_ends, curves, road, subject_scores
from camfolio.evidence.imputation import impute
from camfolio.evidence.perturbation import (
    BLOCK,
    Baseline,
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


def classify(hounsfield):
    """A network whose logit is a weighted sum of pixels."""
    logit = (hounsfield * WEIGHTS).sum((1, 2), dtype=np.float64) / 2000
    second = 1 / (1 + np.exp(-logit))
    return np.stack([1 - second, second], axis=1)


def queries_of(n=3, classifier=classify, seed=5):
    generator = np.random.default_rng(n)
    hounsfield = generator.uniform(-1000, 400, (n, 4, 5)).astype(np.float32)
    return Queries(hounsfield, np.array([f"s{i}" for i in range(n)]), np.arange(n) % 2, classifier, seed)


def flat_baseline(queries, value=-850.0):
    return with_probabilities(queries, np.full(queries.hounsfield.shape, value, np.float32))


def scores_of(queries, maps, baseline=None, *, in_focus=True):
    """All scores with `parenchyma` as the only baseline."""
    baselines = {"parenchyma": flat_baseline(queries) if baseline is None else baseline}
    return subject_scores(queries, maps, Perturbation(baselines, STEPS, STEPS, 14.0), in_focus=in_focus)


def slow_order(values, name, seed):
    """Pixels from the highest to the lowest value, ties in the random order of the slice."""
    noise = slice_generator(seed, name, "ties").random(values.size)
    return sorted(range(values.size), key=lambda pixel: (-values.flat[pixel], noise[pixel]))


def slow_probability(image, target):
    logit = sum(float(image.flat[i]) * WEIGHTS.flat[i] for i in range(image.size)) / 2000
    second = 1 / (1 + math.exp(-logit))
    return second if target == 1 else 1 - second


def slow_curves(queries, maps, baseline, shares):
    deletions, insertions = [], []
    for i, name in enumerate(queries.id):
        order = slow_order(maps[i], name, queries.seed)
        rows = ([], [])
        for share in shares:
            removed = set(order[: round(share * maps[i].size)])
            image, replacement = queries.hounsfield[i].ravel(), baseline[i].ravel()
            deleted = np.array([replacement[p] if p in removed else image[p] for p in range(image.size)])
            inserted = np.array([image[p] if p in removed else replacement[p] for p in range(image.size)])
            rows[0].append(slow_probability(deleted, queries.target[i]))
            rows[1].append(slow_probability(inserted, queries.target[i]))
        deletions.append(rows[0])
        insertions.append(rows[1])
    return np.array(deletions), np.array(insertions)


MAPS = arrays.arrays(np.float64, (3, 4, 5), elements=st.integers(0, 4).map(float)).filter(
    lambda maps: (np.ptp(maps, axis=(1, 2)) > 0).all()
)


@settings(max_examples=25, deadline=None)
@given(maps=MAPS)
def test_deletion_and_insertion_equal_a_slow_twin(maps):
    queries = queries_of()
    baseline = flat_baseline(queries)
    result = curves(queries, maps, baseline, STEPS)
    expected = slow_curves(queries, maps, baseline.hounsfield, (0.0, *STEPS, 1.0))
    np.testing.assert_allclose(result, expected, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(maps=MAPS)
def test_road_equals_a_slow_twin(maps):
    queries = queries_of()
    result = road(queries, maps, STEPS, 14.0)
    for i, name in enumerate(queries.id):
        noise = slice_generator(queries.seed, name, "imputation").normal(0, 14.0, (4, 5))
        order = slow_order(maps[i], name, queries.seed)
        for which, pixels in enumerate((order, order[::-1])):
            for step, share in enumerate(STEPS):
                removed = np.zeros(20, bool)
                removed[pixels[: round(share * 20)]] = True
                image = impute(queries.hounsfield[i].astype(float), removed.reshape(4, 5), noise)
                assert result[which][i, step] == pytest.approx(slow_probability(image, queries.target[i]), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(maps=MAPS, power=st.integers(-60, 60), order=st.permutations(range(3)))
def test_scores_depend_on_neither_the_scale_of_maps_nor_other_slices(maps, power, order):
    queries, chosen = queries_of(), np.array(order)
    result = scores_of(queries, maps)
    part = queries[chosen]
    scaled = np.ldexp(maps, power)[chosen]
    again = scores_of(part, scaled)
    for name, values in result.scores.items():
        np.testing.assert_allclose(again.scores[name], values[chosen], atol=1e-12)
    for name, values in result.curves.items():
        np.testing.assert_allclose(again.curves[name], values[chosen], atol=1e-12)


def test_ties_are_broken_at_random_by_slice_id_and_seed():
    maps, names = np.zeros((200, 4, 5)), np.array([f"s{i}" for i in range(200)])
    maps[:, 0, 0] = 1
    places = ranks(maps, names, 0)
    assert (places[:, 0, 0] == 0).all()
    np.testing.assert_array_equal(np.sort(places.reshape(200, -1), axis=1), np.tile(np.arange(20), (200, 1)))
    np.testing.assert_allclose(places.mean(0).ravel()[1:], 10, atol=1.5)
    np.testing.assert_array_equal(ranks(maps[::-1], names[::-1], 0), places[::-1])
    assert (ranks(maps, names, 1) != places).any()


def test_the_order_of_true_effects_has_the_best_scores():
    queries = queries_of(8)
    lung = flat_baseline(queries, -1000.0)
    effect = (queries.hounsfield + 1000) * WEIGHTS * np.where(queries.target == 1, 1, -1)[:, None, None]
    best = effect - effect.min((1, 2), keepdims=True)
    scores = {}
    for name, maps in {
        "best": best,
        "worst": best.max() - best,
        "random": np.random.default_rng(0).random(best.shape),
    }.items():
        scores[name] = scores_of(queries, maps, lung).scores
    for other in ("worst", "random"):
        assert (scores["best"]["deletion_parenchyma"] <= scores[other]["deletion_parenchyma"] + 1e-9).all()
        assert (scores["best"]["insertion_parenchyma"] >= scores[other]["insertion_parenchyma"] - 1e-9).all()


def test_road_orders_are_swapped_for_the_inverted_map():
    queries = queries_of()
    maps = np.random.default_rng(1).random((3, 4, 5))
    first, last = road(queries, maps, STEPS, 14.0)
    again_last, again_first = road(queries, 1 - maps, STEPS, 14.0)
    np.testing.assert_allclose(first, again_first)
    np.testing.assert_allclose(last, again_last)


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_curves_of_uniform_maps_are_not_defined(value):
    queries = queries_of()
    maps = np.random.default_rng(1).random((3, 4, 5))
    maps[1] = value
    result = scores_of(queries, maps)
    for name, values in [*result.scores.items(), *result.curves.items()]:
        assert np.isnan(values[1]).all(), name
        assert name.startswith("scaled_") or np.isfinite(values[[0, 2]]).all(), name


def test_scores_with_an_unknown_baseline_are_not_defined():
    queries = queries_of()
    unknown = flat_baseline(queries, math.nan)
    assert not unknown.known.any()
    result = scores_of(queries, np.random.default_rng(1).random((3, 4, 5)), unknown, in_focus=False)
    assert all(np.isnan(values).all() for values in (*result.scores.values(), *result.curves.values()))


def test_slices_are_classified_in_blocks_of_limited_size():
    sizes = []

    def counting(hounsfield):
        sizes.append(len(hounsfield))
        return classify(hounsfield)

    queries = queries_of(300, counting)
    maps = np.random.default_rng(1).random((300, 4, 5))
    scores_of(queries, maps)
    assert max(sizes) <= BLOCK
    assert sum(sizes) == 300 * (2 + 2 * len(STEPS) + 2 * len(STEPS))


def test_the_area_under_a_curve_is_divided_by_its_range():
    curve = np.array([[1.0, 0.5, 0.0], [0.25, 0.25, 0.25]])
    np.testing.assert_allclose(area_under(curve, (0.0, 0.2, 1.0)), [0.2 * 0.75 + 0.8 * 0.25, 0.25])
    np.testing.assert_allclose(area_under(curve, (0.1, 0.2, 0.3)), [0.5, 0.25])


def test_an_area_between_end_points_does_not_depend_on_them():
    shares, fall = (0.0, 0.2, 1.0), np.array([1.0, 0.25, 0.0])
    before, after = np.array([0.9, 0.75, 0.6]), np.array([0.1, 0.5, 0.2])
    curve = after[:, None] + (before - after)[:, None] * fall
    baseline = Baseline(np.zeros((3, 1, 1), np.float32), before, after)
    scaled = between_ends(area_under(curve, shares), baseline)
    np.testing.assert_allclose(scaled, area_under(fall[None], shares)[0])


def test_an_area_between_end_points_is_defined_only_if_the_probability_falls_enough():
    before, after = np.array([0.9, 0.9, 0.5, math.nan]), np.array([0.875, 0.5, 0.9, math.nan])
    baseline = Baseline(np.zeros((4, 1, 1), np.float32), before, after)
    np.testing.assert_array_equal(np.isnan(between_ends(np.full(4, 0.7), baseline)), [True, False, True, True])


def test_parenchyma_is_the_mean_outside_nodules_and_below_the_limit():
    hounsfield = np.array([[[-900.0, -800.0], [-700.0, 40.0]]], np.float32)
    masks = np.array([[[False, False], [True, False]]])
    assert parenchyma_hu(hounsfield, masks, -500.0) == -850.0
    assert math.isnan(parenchyma_hu(hounsfield, masks, -950.0))


def test_the_blur_is_in_mm_along_each_axis():
    hounsfield = np.zeros((1, 21, 21), np.float32)
    hounsfield[0, 10, 10] = 1000
    blurred = replacements(hounsfield, np.float32([[1.0, 2.0]]), -850.0, 2.0)["blur"][0]
    assert blurred[12, 10] == pytest.approx(blurred[10, 11], rel=0.3)
    assert blurred[11, 10] > blurred[10, 11]
    assert blurred.sum() == pytest.approx(1000, rel=1e-3)


def test_every_registered_score_is_computed():
    queries = queries_of()
    baselines = {name: flat_baseline(queries) for name in ("parenchyma", "blur")}
    maps = np.random.default_rng(1).random((3, 4, 5))
    result = subject_scores(queries, maps, Perturbation(baselines, STEPS, STEPS, 14.0))
    assert set(result.scores) == set(FAITHFULNESS)
    assert all(values.shape == (3,) for values in result.scores.values())
    assert set(result.curves) == {"road_morf", "road_lerf"} | {
        f"{kind}_{name}" for kind in ("deletion", "insertion") for name in baselines
    }
