"""Mahalanobis distances against scipy and a slow twin, and covariances of few samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis

from camfolio.statistics.mahalanobis import fit_groups, shrunken


def samples(count, size, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, size)) @ generator.normal(size=(size, size))


def test_one_feature_by_hand():
    """Two groups at 0 and 10 with variance 1: a single feature's covariance is its own target, whatever the shrinkage."""
    features = np.array([[-1.0], [1.0], [9.0], [11.0]])
    groups = fit_groups(features, np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(groups.squared_distance(np.array([[2.0], [4.0], [7.0]])), [4, 16, 9])


def test_the_distance_is_that_of_scipy_from_the_nearest_group():
    features, group = samples(60, 3), np.arange(60) % 2
    groups = fit_groups(features + 5 * group[:, None], group)
    precision = groups.whitening.T @ groups.whitening
    others = samples(10, 3, 1)
    expected = [min(mahalanobis(one, mean, precision) ** 2 for mean in groups.means) for one in others]
    np.testing.assert_allclose(groups.squared_distance(others), expected)


def test_the_shrunken_covariance_is_that_of_ledoit_and_wolf_computed_slowly():
    features = samples(20, 4)
    features -= features.mean(0)
    count, size = features.shape
    covariance = sum(np.outer(row, row) for row in features) / count
    scale = np.trace(covariance) / size
    distance = np.linalg.norm(covariance - scale * np.eye(size)) ** 2
    error = sum(np.linalg.norm(np.outer(row, row) - covariance) ** 2 for row in features) / count**2
    share = min(error, distance) / distance
    np.testing.assert_allclose(shrunken(features), (1 - share) * covariance + share * scale * np.eye(size))


@pytest.mark.parametrize("features", [samples(5, 12), np.zeros((5, 3))])
def test_fewer_samples_than_features_or_constant_ones_still_have_distances(features):
    groups = fit_groups(features, np.array([0, 0, 0, 1, 1]))
    assert np.isfinite(groups.squared_distance(features + 1)).all()


def test_the_mean_squared_distance_of_many_training_samples_is_the_number_of_features():
    features, group = samples(4000, 6), np.arange(4000) % 2
    features += 20 * group[:, None]
    groups = fit_groups(features, group)
    assert groups.squared_distance(features).mean() == pytest.approx(6, rel=0.05)
