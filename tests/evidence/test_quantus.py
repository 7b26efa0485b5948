"""Comparison with Quantus 0.6 (Hedström et al. 2023) where definitions agree; skipped if it is not installed.

Quantus needs OpenCV, pandas and scikit-learn, so it is in no extra: `pip install quantus`.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from camfolio.evidence.imputation import impute
from camfolio.evidence.localisation import LOCALISATION, Truth

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    quantus = pytest.importorskip("quantus", reason="quantus is not installed: pip install quantus")

GENERATOR = np.random.default_rng(0)
MAPS = GENERATOR.integers(0, 50, (30, 16, 16)).astype(np.float64) + np.linspace(0, 0.5, 256).reshape(16, 16)
MASKS = GENERATOR.random((30, 1, 1)) * 0.5 > GENERATOR.random((30, 16, 16))
TRUTH = Truth(MASKS, np.ones((30, 2), np.float32))


def quantus_scores(metric):
    return metric.evaluate_batch(a_batch=MAPS[:, None], s_batch=MASKS[:, None])


def metric_of(name, **settings):
    return getattr(quantus, name)(disable_warnings=True, display_progressbar=False, **settings)


@pytest.mark.parametrize(
    ("score", "name"),
    [("energy_share", "RelevanceMassAccuracy"), ("pixel_auc", "AUC"), ("pointing_game", "PointingGame")],
)
def test_localisation_scores_equal_those_of_quantus(score, name):
    expected = np.asarray(quantus_scores(metric_of(name)), dtype=float).ravel()
    informative = TRUTH.informative
    np.testing.assert_allclose(LOCALISATION[score](MAPS, TRUTH)[informative], expected[informative], atol=1e-9)
    assert informative.sum() > 20


def test_the_overlap_at_the_nodule_s_area_follows_from_top_k_intersection():
    for i in np.flatnonzero(TRUTH.informative)[:10]:
        size = int(MASKS[i].sum())
        share = np.asarray(quantus_scores(metric_of("TopKIntersection", k=size)), dtype=float).ravel()[i]
        overlap = LOCALISATION["iou_area"](MAPS[i : i + 1], TRUTH[np.array([i])])[0]
        assert overlap == pytest.approx(share / (2 - share))


def test_imputation_without_noise_equals_that_of_quantus():
    from quantus.functions.perturb_func import noisy_linear_imputation

    image = GENERATOR.normal(size=(12, 12))
    for count in (10, 60, 120):
        removed = GENERATOR.choice(144, count, replace=False)
        expected = noisy_linear_imputation(image[None], removed, noise=0.0)[0]
        mask = np.zeros(144, bool)
        mask[removed] = True
        np.testing.assert_allclose(impute(image, mask.reshape(12, 12), np.zeros((12, 12))), expected, atol=1e-9)
