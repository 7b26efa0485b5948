"""What methods add up on one slice, against the maps of the study."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.results.anatomy import AnatomyResult
from camfolio.results.arrays.anatomy import AnatomyArrays
from camfolio.results.arrays.maps import LayerMaps, SliceMaps
from camfolio.results.selection import CasesResult
from camfolio.results.subject import Subject
from camfolio.results.typical import KINDS
from camfolio.stages import anatomy
from camfolio.stages.inputs.parts import part_slices

METHODS = ("grad_cam", "hires_cam", "score_cam", "ablation_cam", "eigen_cam", "finer_layer_cam")
EXPLANATION = {"layers": ["layer2.0.conv2"], "methods": METHODS}


@pytest.fixture(scope="module")
def study(compute_stages, tiny_slices):
    return compute_stages(tiny_slices(48, 32), only=("anatomy", "localisation"), explanation=EXPLANATION)


@pytest.fixture(scope="module")
def example(study):
    """The kind and the case of the first method that stand for the study."""
    cases = CasesResult.read(study["selection"].folder).methods["grad_cam"].cases
    return next((kind, cases[kind]) for kind in KINDS if cases[kind])


def test_the_slice_is_the_most_typical_example_and_the_class_the_explained_one(study, example):
    kind, case = example
    result, arrays = (read.read(study["anatomy"].folder) for read in (AnatomyResult, AnatomyArrays))
    test, _ = part_slices(study["slices"].folder, study["split"].folder, "test")
    assert (result.kind, result.id, result.layer, result.networks) == (kind, case.id, "layer2.0.conv2", 1)
    assert result.target == LayerMaps.read(study["explanations"].folder).targets[case.slice]
    np.testing.assert_array_equal(arrays.hounsfield, test.hounsfield[case.slice])
    np.testing.assert_array_equal(arrays.mask, test.mask[case.slice])


def test_sum_and_map_are_those_of_the_study(study, example):
    arrays = AnatomyArrays.read(study["anatomy"].folder).methods
    stored, shown = LayerMaps.read(study["explanations"].folder), SliceMaps.read(study["localisation"].folder)
    assert tuple(arrays) == METHODS
    for method in METHODS:
        expected, limit = stored.of(Subject(method))[example[1].slice], float(np.abs(arrays[method].products).sum())
        np.testing.assert_allclose(arrays[method].signed, expected, rtol=0, atol=1e-5 * limit)
        enlarged = shown.enlarged[method][example[1].slice]
        np.testing.assert_allclose(arrays[method].enlarged, enlarged, rtol=0, atol=1e-5 * limit)


def test_the_channels_with_the_largest_products_are_shown(study):
    result, arrays = (read.read(study["anatomy"].folder) for read in (AnatomyResult, AnatomyArrays))
    for method, found in result.methods.items():
        shares = np.array([channel.share for channel in found.channels])
        assert len(shares) == 8
        assert shares.sum() == pytest.approx(1)
        assert shares[list(found.shown)].tolist() == sorted(shares, reverse=True)[: anatomy.SHOWN]
        magnitude = np.abs(arrays.methods[method].products).sum((1, 2))
        np.testing.assert_allclose(magnitude / magnitude[0], shares[list(found.shown)] / shares.max(), rtol=1e-4)
        assert all(
            (channel.weight is None) == (method in {"hires_cam", "finer_layer_cam"}) for channel in found.channels
        )
        asked = method in {"score_cam", "ablation_cam"}
        assert all((channel.probability is not None) == asked for channel in found.channels)


def test_a_slice_masked_by_a_channel_is_in_hounsfield_units(study):
    arrays = AnatomyArrays.read(study["anatomy"].folder)
    masked, plain = arrays.methods["score_cam"].masked, np.clip(arrays.hounsfield, -1000, 400)
    low, high = np.minimum(plain, -835) - 0.1, np.maximum(plain, -835) + 0.1
    assert ((masked >= low) & (masked <= high)).all()
    assert all(one.masked is None for method, one in arrays.methods.items() if method != "score_cam")
