"""Stage `browser`: graphs of any trained network, agreement with torch, the check of inputs; and networks that cannot run there."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from camfolio.explanation.graphs import traced
from camfolio.explanation.graphs.compared import GraphDiffersError, by_runtime
from camfolio.network.architecture import through_window
from camfolio.network.trained import Device, weight_files
from camfolio.results.browser import BrowserResult
from camfolio.stages import browser
from camfolio.study.settings import ExplanationSettings, Network

NETWORK = Network(width=4, blocks=(1, 1, 1, 1))
EXPLANATION = ExplanationSettings(layers=("layer2.0.conv2", "layer1"))
WANTED = ("browser", "try")
TRAINING = {"max_epochs": 2, "batch_size": 8, "threads": 1}


@pytest.fixture(scope="module")
def study(compute_stages, tiny_slices):
    """Results with an ensemble of two networks."""
    return compute_stages(tiny_slices(48, 16), only=WANTED, live=True, training=TRAINING | {"ensemble": 2})


@pytest.fixture(scope="module")
def result(study):
    return BrowserResult.read(study["browser"].folder)


def arguments(study, out, **changed):
    folders = {name: study[name].folder for name in ("slices", "split", "training")}
    settings = {"network": NETWORK, "explanation": EXPLANATION, "device": Device(1, "cpu"), "seed": 0}
    return folders | settings | {"out": out} | changed


def test_the_graphs_are_described_with_sizes_operators_and_agreement(study, result):
    folder = study["browser"].folder
    assert result.members == 2
    assert [layer.name for layer in result.layers] == ["layer2.0.conv2", "layer1"]
    assert (result.layers[0].channels, result.layers[0].cells, result.layers[0].step_px) == (8, (8, 8), (2.0, 2.0))
    for graph in (result.forward, result.gradients):
        assert graph.bytes == (folder / graph.file).stat().st_size
        assert graph.operators["Conv"] == 2 * 12
    assert result.gradients.operators["ConvTranspose"] > 0
    assert max(result.agreement.logits, result.agreement.activations, result.agreement.gradients) < 1e-5
    assert [file.file for file in result.weights] == ["network.safetensors", "network-02.safetensors"]


def test_probabilities_of_the_graph_are_those_that_the_study_stored(study, result):
    """Every test slice, by the graph, against `stored` in the manifest, which other pages show."""
    contents = json.loads((study["try"].folder / "live.json").read_text(encoding="utf-8"))
    count, (height, width) = contents["slices"]["count"], contents["size"]
    hounsfield = np.fromfile(study["try"].folder / "slices-0.f32", "<f4").reshape(count, height, width)
    images = through_window(torch.from_numpy(hounsfield), tuple(contents["window_hu"]))
    files = weight_files(study["training"].folder)
    logits = torch.from_numpy(by_runtime(study["browser"].folder / result.gradients.file, files, images)[0]["logits"])
    probability = logits.double().softmax(2).mean(0)[:, 1].numpy()
    np.testing.assert_allclose(probability, contents["slices"]["stored"]["network"]["probability"], atol=2e-6)


def test_test_slices_are_near_and_what_is_no_slice_is_far(result):
    check = result.input_check
    assert check.test_far <= 0.1
    far = {made.title: made.far for made in check.made}
    assert far.keys() == {
        "noise",
        "one value",
        "test slices with light and dark exchanged",
        "test slices with 1000 HU added",
        "letters",
    }
    assert min(far["noise"], far["letters"], far["test slices with 1000 HU added"]) > 0.9
    assert 0 < check.validation < check.threshold


def test_the_same_training_gives_the_same_bytes(study, tmp_path):
    browser.run(**arguments(study, tmp_path))
    for file in study["browser"].manifest.outputs:
        assert (tmp_path / file).read_bytes() == (study["browser"] / file).read_bytes(), file


def test_other_gradients_than_torch_s_end_the_build_with_a_sentence(study, tmp_path, monkeypatch):
    original = traced.Differentiated.__call__

    def constant(self, images):
        *others, last = original(self, images)
        return *others, torch.zeros_like(last)

    monkeypatch.setattr(traced.Differentiated, "__call__", constant)
    with pytest.raises(GraphDiffersError, match=r"Expected gradients.onnx to give the gradients of torch at layer1"):
        browser.run(**arguments(study, tmp_path))


def test_a_network_that_cannot_be_exported_has_a_reason_and_no_files(study, tmp_path, monkeypatch):
    def refused(*_: object) -> None:
        msg = "an operator without a translation"
        raise NotImplementedError(msg)

    monkeypatch.setattr(traced.Differentiated, "__call__", refused)
    browser.run(**arguments(study, tmp_path))
    found = BrowserResult.read(tmp_path)
    assert found.why_not == (
        "Expected a network whose gradients can be exported to ONNX, but got NotImplementedError: an operator without a translation"
    )
    assert [file.name for file in tmp_path.iterdir()] == ["browser.json"]


def test_weights_that_are_too_large_for_a_browser_are_not_published(study, tmp_path, monkeypatch):
    monkeypatch.setattr(browser, "LARGEST_WEIGHTS", 10**5)
    browser.run(**arguments(study, tmp_path))
    assert BrowserResult.read(tmp_path).why_not.startswith(
        "Expected weights of at most 0.1 MB for a browser, but got 0."
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layer", "more"),
    [
        ("OneLogit", "features.4", {}),
        ("TinyVit", "blocks.1.norm1", {"reshape": "tokens", "class_tokens": 1}),
    ],
)
def test_user_networks_run_in_the_browser_too(name, layer, more, compute_stages, tiny_slices):
    found = compute_stages(
        tiny_slices(32, 16),
        only=WANTED,
        live=True,
        training=TRAINING | {"ensemble": 1},
        network={"class_path": f"user_networks.{name}"},
        explanation={"layers": [layer], "methods": ["grad_cam"], **more},
    )
    result = BrowserResult.read(found["browser"].folder)
    assert result.why_not == ""
    assert result.agreement.gradients < 1e-5
    assert result.layers[0].name == layer
