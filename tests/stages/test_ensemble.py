"""An ensemble: probabilities and maps are means over its networks, which train as they would alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from camfolio.data.slices import Slices
from camfolio.explanation.explain import explain
from camfolio.figures import case
from camfolio.figures.drawing.examples import ExampleFolders
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.style import LIGHT, PAGE
from camfolio.method_words import method_looks
from camfolio.network.architecture import build_network, in_window, through_window
from camfolio.network.ensembles import Ensemble, members_of, together
from camfolio.network.weights import load_weights
from camfolio.pipeline.trainings import member_seeds
from camfolio.results.anatomy import AnatomyResult
from camfolio.results.arrays.anatomy import AnatomyArrays
from camfolio.results.arrays.maps import LayerMaps, SliceMaps
from camfolio.results.subject import Subject
from camfolio.results.training import TrainingResult
from camfolio.stages import training
from camfolio.stages.inputs.parts import part_slices
from camfolio.study.settings import ExplanationSettings, Network
from camfolio.study.training import Training

NETWORK = Network(width=4, blocks=(1, 1, 1, 1))
LAYER = "layer2.0.conv2"
FIRST = ("slices", "split", "training", "explanations")
WANTED = (*FIRST, "predictions", "localisation", "selection", "randomisation", "anatomy")


@pytest.fixture(scope="module")
def study(compute_stages, tiny_slices):
    """Results with three networks."""
    section = {"max_epochs": 2, "batch_size": 8, "threads": 1, "ensemble": 3}
    return compute_stages(tiny_slices(48, 32), only=WANTED, training=section, exported=True)


@pytest.fixture(scope="module")
def members(study):
    """The three networks, from their files."""
    found = []
    for name in ("network", "network-02", "network-03"):
        network = build_network(NETWORK)
        load_weights(network, study["training"].folder / f"{name}.safetensors")
        found.append(network.eval())
    return found


@pytest.fixture(scope="module")
def test_slices(study):
    return part_slices(study["slices"].folder, study["split"].folder, "test")[0]


@pytest.mark.parametrize(("number", "file"), [(0, "network.safetensors"), (2, "network-03.safetensors")])
def test_its_networks_are_those_that_would_be_trained_alone(study, tmp_path, number, file):
    assert TrainingResult.read(study["training"].folder).members == 3
    training.run(
        out=tmp_path,
        slices=study["slices"].folder,
        split=study["split"].folder,
        network=NETWORK,
        training=Training(max_epochs=2, batch_size=8, threads=1),
        seed=member_seeds(0, 3)[number],
    )
    weights, alone = load_file(study["training"].folder / file), load_file(tmp_path / "network.safetensors")
    assert weights.keys() == alone.keys()
    assert all(torch.equal(weights[name], alone[name]) for name in alone)


def test_probabilities_are_means_over_the_networks(study, members):
    images = through_window(
        torch.from_numpy(Slices.load(study["slices"].folder / "slices.npz").hounsfield), NETWORK.window_hu
    )
    with torch.no_grad():
        mean = torch.stack([member(images).softmax(1) for member in members]).mean(0)
        assert torch.allclose(Ensemble(members)(images).softmax(1), mean, atol=1e-6)
    logits = np.load(study["predictions"].folder / "logits.npy")
    np.testing.assert_allclose(torch.from_numpy(logits).softmax(1), mean, atol=1e-5)


def test_maps_are_means_over_maps_of_equal_size_and_disagreement_is_their_deviation(study, members, test_slices):
    stored = LayerMaps.read(study["explanations"].folder)
    images = through_window(torch.from_numpy(test_slices.hounsfield), NETWORK.window_hu)
    explanation = ExplanationSettings()
    masked = in_window(explanation.masked_hu, NETWORK.window_hu)
    targets = torch.from_numpy(stored.targets)
    with torch.no_grad():
        assert torch.equal(targets, Ensemble(members)(images).argmax(1))
    for method in ("grad_cam", "score_cam"):
        each = [
            explain(member, images, LAYER, [method], targets, explains="margin", masked=masked).signed[method]
            for member in members
        ]
        scaled = [signed / signed.abs().mean((1, 2), keepdim=True).clamp_min(1e-30) for signed in each]
        mean = sum(scaled) / 3
        np.testing.assert_allclose(stored.of(Subject(method)), mean, rtol=1e-3, atol=1e-4)
        spread = torch.stack([one.clamp_min(0) for one in scaled]).numpy().std(0)
        np.testing.assert_allclose(stored.disagreement[method], spread, rtol=1e-3, atol=1e-4)
        assert stored.disagreement[method].max() > 0


def test_the_first_network_alone_is_taken_apart(study, members, test_slices):
    result, arrays = (read.read(study["anatomy"].folder) for read in (AnatomyResult, AnatomyArrays))
    assert result.networks == 3
    index = test_slices.id.tolist().index(result.id)
    image = through_window(torch.from_numpy(test_slices.hounsfield[[index]]), NETWORK.window_hu)
    found = explain(members[0], image, LAYER, ["grad_cam"], [result.target], explains="margin").signed["grad_cam"][0]
    np.testing.assert_allclose(arrays.methods["grad_cam"].signed, found, rtol=0, atol=1e-5 * float(found.abs().max()))


def test_a_figure_of_an_example_shows_the_disagreement_beside_the_map(study):
    folders = ExampleFolders(*(study[name].folder for name in ("slices", "split", "localisation", "selection")))
    (look, *_) = looks = method_looks(["grad_cam", "score_cam"])
    kind, found = next((kind, one) for kind, one in folders.cases("grad_cam").cases.items() if one is not None)
    example = folders.load(found, "per_image")
    shown = Looks(methods=tuple(looks), classes=("benign", "malignant"), window_hu=(-1000.0, 400.0))
    drawing = case.drawing(example, look, kind, shown)
    assert drawing.columns[-1] == "disagreement"
    values = np.array([row[-1] for row in drawing.rows]).reshape(example.hounsfield.shape)
    expected = SliceMaps.read(study["localisation"].folder).disagreement["grad_cam"][found.slice]
    np.testing.assert_array_equal(values.astype(np.float32), expected)
    assert "The standard deviation over the networks' maps is" in drawing.alt
    figure = drawing.draw(LIGHT, PAGE)
    assert any("disagreement,\nmax" in axes.get_title() for axes in figure.axes)


def test_one_network_is_no_ensemble_and_has_no_disagreement(compute_stages, tiny_slices):
    network = build_network(NETWORK)
    assert together([network]) is network
    assert members_of(network) == (network,)
    found = compute_stages(tiny_slices(48, 32), only=(*FIRST, "localisation"))
    assert not LayerMaps.read(found["explanations"].folder).disagreement
    assert TrainingResult.read(found["training"].folder).members == 1
