"""Logistic regression: the optimum of its own likelihood, and scores that know nothing of what they are for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from camfolio.statistics.logistic import held_out_scores, logistic_weights
from camfolio.statistics.ranks import ranked_auc


def auc(scores, label):
    return float(ranked_auc(scores[None], (label == 1)[None])[0])


def test_the_weights_are_those_of_a_general_optimiser():
    chance = np.random.default_rng(0)
    features = chance.normal(size=(80, 3))
    label = (features @ [1.0, -2.0, 0.0] + chance.logistic(size=80) > 0.5).astype(np.int64)

    def loss(weights):
        odds = weights[0] + features @ weights[1:]
        return np.logaddexp(0, np.where(label == 1, -odds, odds)).sum() + (weights[1:] ** 2).sum() / 2

    np.testing.assert_allclose(logistic_weights(features, label), minimize(loss, np.zeros(4)).x, atol=1e-4)


def test_classes_that_a_feature_separates_have_finite_weights():
    features = np.arange(10.0)[:, None]
    assert np.isfinite(logistic_weights(features, (features[:, 0] > 4).astype(np.int64))).all()


def test_a_feature_that_tells_the_label_is_found_and_noise_is_not():
    chance = np.random.default_rng(1)
    label = np.arange(400, dtype=np.int64) % 2
    group = np.arange(400) // 2
    noise = chance.normal(size=(400, 4))
    told = noise + np.array([1.0, 0, 0, 0]) * label[:, None] * 2
    assert auc(held_out_scores(told, label, group), label) == pytest.approx(0.92, abs=0.03)  # of d' = 2
    assert abs(auc(held_out_scores(noise, label, group), label) - 0.5) < 0.06


def test_cases_of_one_group_are_never_scored_by_a_fit_to_another_of_them():
    chance = np.random.default_rng(2)
    group = np.arange(60).repeat(5)
    label = chance.integers(0, 2, 60).repeat(5).astype(np.int64)
    names = np.eye(60)[group]  # tells the group, and with it the label, but only to who has seen the group
    assert auc(held_out_scores(names, label, group), label) < 0.55
    assert auc(held_out_scores(names, label, np.arange(300)), label) > 0.95


def test_a_constant_feature_is_harmless():
    features = np.column_stack([np.ones(20), np.arange(20.0)])
    assert np.isfinite(held_out_scores(features, np.arange(20) % 2, np.arange(20))).all()
