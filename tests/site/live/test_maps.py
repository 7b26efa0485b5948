"""Maps that a browser computes from activations and gradients equal those of Python."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import camfolio.explanation.methods  # noqa: F401 - registers the methods
from camfolio.explanation import ensembles
from camfolio.explanation.batch import Batch
from camfolio.explanation.centres import CellCentres
from camfolio.explanation.channels import unit_range
from camfolio.explanation.maps import Explanation, enlarge
from camfolio.explanation.probe import LayerReading, margin
from camfolio.explanation.registry import find_method
from camfolio.method_words import METHOD_FILES

GRADIENT_METHODS = [key for key, one in METHOD_FILES.items() if one.gradient]
CLOSE = 1e-5
"""Largest difference, as a share of the largest magnitude."""


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def plain(tensor: torch.Tensor) -> list[float]:
    return tensor.flatten().tolist()


def close(found: object, expected: torch.Tensor) -> bool:
    values = np.ravel(expected)
    return np.abs(np.asarray(found) - values).max() <= CLOSE * np.abs(values).max()


def test_a_browser_has_every_method_that_needs_nothing_but_gradients(run):
    assert set(run("maps.js", "(maps) => Object.keys(maps.METHODS)")) == set(GRADIENT_METHODS)


@pytest.mark.parametrize("method", GRADIENT_METHODS)
def test_a_map_of_one_network_is_that_of_python(run, method):
    activations, gradients = drawn(1, 6, 4, 5).relu(), drawn(1, 6, 4, 5, seed=1)
    activations[:, 2] = 0  # a channel of zeros
    reading = LayerReading(torch.zeros(1, 2), torch.zeros(1, dtype=torch.int64), activations, gradients)
    batch = Batch(reading, torch.zeros(1, 1, 8, 8), torch.zeros_like, lambda _, cells: cells, 1, 1)
    found = run(
        "maps.js",
        "(maps, { A, g, key }) => [...maps.METHODS[key](Float32Array.from(A), Float32Array.from(g), 20)]",
        {"A": plain(activations), "g": plain(gradients), "key": method},
    )
    assert close(found, find_method(method)(batch))


@pytest.mark.parametrize("comparison", [0.0, 1.0, 0.6])
@pytest.mark.parametrize("target", [0, 2])
def test_what_is_explained_and_its_gradient_are_those_of_python(run, comparison, target):
    logits, gradients = torch.tensor([[0.5, 2.0, -1.0]]), drawn(3, 12)
    score = margin(logits.requires_grad_(), torch.tensor([target]), comparison)
    (weights,) = torch.autograd.grad(score.sum(), logits)
    found = run(
        "maps.js",
        """(maps, { z, g, target, comparison }) => ({
          score: maps.score(z, target, comparison), gradient: [...maps.scoreGradient(Float32Array.from(g), z, target, comparison)],
        })""",
        {"z": plain(logits), "g": plain(gradients), "target": target, "comparison": comparison},
    )
    assert found["score"] == pytest.approx(score.item())
    assert close(found["gradient"], (weights @ gradients)[0])


@pytest.mark.parametrize("members", [1, 3])
def test_the_map_of_an_ensemble_and_its_disagreement_are_those_of_python(run, members):
    signed = drawn(members, 4, 5) * torch.arange(1, members + 1)[:, None, None]
    if members > 1:
        signed[1] = 0  # a map of zeros stays one
    none = torch.zeros(1, dtype=torch.int64)
    explained = [Explanation("layer", none, torch.zeros(1, 2), {"cam": one[None]}) for one in signed]
    found = run(
        "maps.js",
        "(maps, given) => { const of = given.map((one) => Float64Array.from(one)); return [maps.averaged(of), maps.disagreement(of)].map((one) => one && [...one]); }",
        [plain(one) for one in signed],
    )
    assert close(found[0], ensembles.averaged(explained).signed["cam"])
    if members == 1:
        assert found[1] is None
    else:
        assert close(found[1], ensembles.disagreement(explained)["cam"])


@pytest.mark.parametrize(
    "centres", [None, CellCentres((0.03, 0.05), (0.21, 0.25)), CellCentres((-0.05, 0.0), (0.4, 0.5))]
)
@pytest.mark.parametrize(("cells", "size"), [((4, 3), (16, 9)), ((8, 8), (8, 8)), ((1, 2), (5, 7))])
def test_a_map_is_enlarged_as_in_python(run, centres, cells, size):
    signed = drawn(1, *cells)
    places = centres and {
        "start": [first * pixels - 0.5 for first, pixels in zip(centres.first, size, strict=True)],
        "step": [step * pixels for step, pixels in zip(centres.step, size, strict=True)],
    }
    given = {"map": plain(signed), "cells": cells, "size": size, "centres": places}
    found = run(
        "maps.js", "(maps, given) => [...maps.enlarge(given.map, given.cells, given.size, given.centres)]", given
    )
    assert close(found, enlarge(signed, size, centres))


@pytest.mark.parametrize("constant", [False, True])
def test_a_slice_is_masked_by_a_channel_as_in_python(run, constant):
    image, channel = torch.rand(1, 1, 8, 6, generator=torch.Generator().manual_seed(0)), drawn(1, 1, 4, 3)
    channel = channel * 0 + 1 if constant else channel
    share = unit_range(torch.nn.functional.interpolate(channel, (8, 6), mode="bilinear", align_corners=False))
    expected = image * share + 0.1 * (1 - share)
    found = run(
        "score_cam.js",
        """(cam, given) => {
          const out = new Float32Array(48);
          cam.mask(given.image, given.channel, [4, 3], [8, 6], 0.1, out);
          return [...out];
        }""",
        {"image": plain(image), "channel": plain(channel)},
    )
    assert close(found, expected)
    assert (np.ptp(found) < 1e-6) == constant


def test_score_cam_weighs_channels_by_the_softmax_of_their_scores(run):
    activations, scores = drawn(3, 2, 2), torch.tensor([1000.0, 999.0, -5.0])  # without overflow
    given = {"A": plain(activations), "scores": plain(scores)}
    found = run("score_cam.js", "(cam, { A, scores }) => [...cam.scoreMap(A, 4, scores)]", given)
    assert close(found, (scores.softmax(0)[:, None, None] * activations).sum(0))


def test_probabilities_are_the_softmax_of_the_logits(run):
    logits = torch.tensor([800.0, 799.0, -800.0])
    assert close(run("maps.js", "(maps, given) => maps.softmax(given)", plain(logits)), logits.softmax(0))


def test_logits_that_are_not_finite_are_refused_in_one_sentence(run):
    answer = """(module) => {
      const network = new module.Network({ members: 1 }, {}, "", null);
      try { network.answer({ data: Float32Array.of(NaN, 1) }, null); } catch (error) { return `${error}`; }
    }"""
    said = "Expected finite logits, but the network gives none for this slice. Undo, or choose another slice."
    assert run("network.js", answer) == f"EngineError: {said}"
