"""Against Quantus 0.6 (Hedström et al. 2023), where its definitions agree with ours; skipped where it is not installed.

It needs no torchvision, but OpenCV, pandas and scikit-learn, so it is in none of our extras: `pip install quantus`.
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

CHANCE = np.random.default_rng(0)
MAPS = CHANCE.integers(0, 50, (30, 16, 16)).astype(np.float64) + np.linspace(0, 0.5, 256).reshape(16, 16)
MASKS = CHANCE.random((30, 1, 1)) * 0.5 > CHANCE.random((30, 16, 16))
TRUTH = Truth(MASKS, np.ones((30, 2), np.float32))


def theirs(metric):
    return metric.evaluate_batch(a_batch=MAPS[:, None], s_batch=MASKS[:, None])


def make(name, **settings):
    return getattr(quantus, name)(disable_warnings=True, display_progressbar=False, **settings)


@pytest.mark.parametrize(
    ("ours", "name"),
    [("energy_share", "RelevanceMassAccuracy"), ("pixel_auc", "AUC"), ("pointing_game", "PointingGame")],
)
def test_a_localisation_score_is_quantus_s(ours, name):
    expected = np.asarray(theirs(make(name)), dtype=float).ravel()
    informative = TRUTH.informative
    np.testing.assert_allclose(LOCALISATION[ours](MAPS, TRUTH)[informative], expected[informative], atol=1e-9)
    assert informative.sum() > 20


def test_the_overlap_at_the_nodule_s_area_follows_from_quantus_s_top_k():
    for i in np.flatnonzero(TRUTH.informative)[:10]:
        size = int(MASKS[i].sum())
        share = np.asarray(theirs(make("TopKIntersection", k=size)), dtype=float).ravel()[i]
        found = LOCALISATION["iou_area"](MAPS[i : i + 1], TRUTH[np.array([i])])[0]
        assert found == pytest.approx(share / (2 - share))


def test_imputation_without_noise_is_quantus_s():
    from quantus.functions.perturb_func import noisy_linear_imputation

    image = CHANCE.normal(size=(12, 12))
    for count in (10, 60, 120):
        removed = CHANCE.choice(144, count, replace=False)
        expected = noisy_linear_imputation(image[None], removed, noise=0.0)[0]
        mask = np.zeros(144, bool)
        mask[removed] = True
        np.testing.assert_allclose(impute(image, mask.reshape(12, 12), np.zeros((12, 12))), expected, atol=1e-9)
