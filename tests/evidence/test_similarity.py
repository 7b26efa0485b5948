import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import spearmanr

from camfolio.evidence.similarity import (
    SIMILARITY,
    mean_structural_similarity,
    overlap_of_highest,
    rank_correlation,
    similarities,
)

MAPS = arrays.arrays(np.float64, (2, 4, 3), elements=st.integers(-3, 3).map(float))


def slow_structure(first, second, window, span):
    """Mean over all windows inside the maps; sample variances (n - 1), as in scikit-image."""
    scores = []
    for row in range(first.shape[0] - window + 1):
        for column in range(first.shape[1] - window + 1):
            a, b = (m[row : row + window, column : column + window].ravel() for m in (first, second))
            covariance = np.cov(a, b)
            c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
            top = (2 * a.mean() * b.mean() + c1) * (2 * covariance[0, 1] + c2)
            bottom = (a.mean() ** 2 + b.mean() ** 2 + c1) * (covariance[0, 0] + covariance[1, 1] + c2)
            scores.append(top / bottom)
    return np.mean(scores)


@settings(max_examples=40, deadline=None)
@given(first=MAPS, second=MAPS)
def test_rank_correlation_equals_that_of_scipy(first, second):
    scores = rank_correlation(first, second)
    for i in range(2):
        if np.ptp(first[i]) == 0 or np.ptp(second[i]) == 0:
            assert np.isnan(scores[i])
        else:
            assert scores[i] == pytest.approx(spearmanr(first[i].ravel(), second[i].ravel()).statistic, abs=1e-12)


@pytest.mark.parametrize(("size", "window"), [(9, 7), (4, 3), (5, 5)])
def test_structural_similarity_equals_a_slow_twin(size, window):
    generator = np.random.default_rng(size)
    first, second = generator.normal(size=(2, 3, size, size))
    scores = mean_structural_similarity(first, second, 2.0)
    for i in range(3):
        scaled = (first[i] / np.abs(first[i]).max(), second[i] / np.abs(second[i]).max())
        assert scores[i] == pytest.approx(slow_structure(*scaled, window, 2.0), abs=1e-9)


def test_a_map_is_similar_to_itself_at_any_scale_and_not_to_its_negative():
    maps = np.random.default_rng(0).normal(size=(2, 8, 8))
    for name, values in similarities(maps, 1e-6 * maps).items():
        np.testing.assert_allclose(values, 1.0, err_msg=name)
    negative = similarities(maps, -maps)
    np.testing.assert_allclose(negative["rank_signed"], -1.0)
    assert (negative["ssim_signed"] < 0).all()
    np.testing.assert_allclose(negative["rank_absolute"], 1.0)
    np.testing.assert_allclose(negative["ssim_absolute"], 1.0)


def test_independent_maps_have_similarities_of_about_zero():
    first, second = np.random.default_rng(0).normal(size=(2, 100, 16, 16))
    scores = similarities(first, second)
    for name in ("rank_signed", "rank_absolute", "ssim_signed"):
        assert abs(scores[name].mean()) < 0.05, name


@settings(max_examples=20, deadline=None)
@given(first=MAPS, second=MAPS)
def test_similarity_is_symmetric(first, second):
    forward, backward = similarities(first, second), similarities(second, first)
    assert set(forward) == set(SIMILARITY)
    for name, values in forward.items():
        np.testing.assert_allclose(backward[name], values, atol=1e-12)


def test_similarities_with_uniform_maps_are_not_defined():
    maps = np.random.default_rng(0).normal(size=(3, 8, 8))
    uniform = maps.copy()
    uniform[0], uniform[2] = 0.0, 0.5
    for values in similarities(maps, uniform).values():
        assert np.isnan(values).tolist() == [True, False, True]


def test_the_overlap_is_the_shared_part_of_the_highest_tenth():
    first = np.arange(100.0).reshape(1, 10, 10)
    second = first.copy()
    second.flat[:5], second.flat[95:] = (
        first.flat[95:],
        first.flat[:5],
    )  # half of the highest tenth is low, and five low ones are high
    assert overlap_of_highest(first, first) == 1
    assert overlap_of_highest(first, second) == 0.5
    assert overlap_of_highest(first, -first) == 0
    assert np.isnan(overlap_of_highest(first, np.ones_like(first)))


def test_the_overlap_of_unrelated_maps_is_a_tenth():
    first, second = np.random.default_rng(0).normal(size=(2, 200, 16, 16))
    assert overlap_of_highest(first, second).mean() == pytest.approx(0.1, abs=0.01)
