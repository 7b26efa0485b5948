import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import spearmanr

from camfolio.evidence.similarity import SIMILARITY, rank_correlation, similarities, structure

MAPS = arrays.arrays(np.float64, (2, 4, 3), elements=st.integers(-3, 3).map(float))


def slow_structure(one, other, window, span):
    """Mean over all windows that lie inside; variances with n - 1, as scikit-image has them."""
    found = []
    for row in range(one.shape[0] - window + 1):
        for column in range(one.shape[1] - window + 1):
            a, b = (m[row : row + window, column : column + window].ravel() for m in (one, other))
            covariance = np.cov(a, b)
            first, second = (0.01 * span) ** 2, (0.03 * span) ** 2
            top = (2 * a.mean() * b.mean() + first) * (2 * covariance[0, 1] + second)
            bottom = (a.mean() ** 2 + b.mean() ** 2 + first) * (covariance[0, 0] + covariance[1, 1] + second)
            found.append(top / bottom)
    return np.mean(found)


@settings(max_examples=40, deadline=None)
@given(one=MAPS, other=MAPS)
def test_rank_correlation_is_scipy_s_wherever_both_maps_vary(one, other):
    found = rank_correlation(one, other)
    for i in range(2):
        if np.ptp(one[i]) == 0 or np.ptp(other[i]) == 0:
            assert np.isnan(found[i])
        else:
            assert found[i] == pytest.approx(spearmanr(one[i].ravel(), other[i].ravel()).statistic, abs=1e-12)


@pytest.mark.parametrize(("size", "window"), [(9, 7), (4, 3), (5, 5)])
def test_structure_is_that_of_a_slow_twin(size, window):
    chance = np.random.default_rng(size)
    one, other = chance.normal(size=(2, 3, size, size))
    found = structure(one, other, 2.0)
    for i in range(3):
        scaled = (one[i] / np.abs(one[i]).max(), other[i] / np.abs(other[i]).max())
        assert found[i] == pytest.approx(slow_structure(*scaled, window, 2.0), abs=1e-9)


def test_a_map_is_like_itself_at_any_scale_and_unlike_its_opposite():
    maps = np.random.default_rng(0).normal(size=(2, 8, 8))
    for name, values in similarities(maps, 1e-6 * maps).items():
        np.testing.assert_allclose(values, 1.0, err_msg=name)
    opposite = similarities(maps, -maps)
    np.testing.assert_allclose(opposite["rank_signed"], -1.0)
    assert (opposite["ssim_signed"] < 0).all()
    np.testing.assert_allclose(opposite["rank_absolute"], 1.0)
    np.testing.assert_allclose(opposite["ssim_absolute"], 1.0)


def test_maps_that_have_nothing_in_common_are_at_about_zero():
    one, other = np.random.default_rng(0).normal(size=(2, 100, 16, 16))
    found = similarities(one, other)
    for name in ("rank_signed", "rank_absolute", "ssim_signed"):
        assert abs(found[name].mean()) < 0.05, name


@settings(max_examples=20, deadline=None)
@given(one=MAPS, other=MAPS)
def test_similarity_is_mutual(one, other):
    there, back = similarities(one, other), similarities(other, one)
    assert set(there) == set(SIMILARITY)
    for name, values in there.items():
        np.testing.assert_allclose(back[name], values, atol=1e-12)


def test_maps_without_a_pattern_are_not_defined():
    maps = np.random.default_rng(0).normal(size=(3, 8, 8))
    flat = maps.copy()
    flat[0], flat[2] = 0.0, 0.5
    for values in similarities(maps, flat).values():
        assert np.isnan(values).tolist() == [True, False, True]
