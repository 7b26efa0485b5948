"""Graphs for browsers: every output equals torch's autograd, for all kinds of networks, and a wrong graph is refused."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from camfolio.errors import NetworkError
from camfolio.explanation.graphs import compared, traced
from camfolio.explanation.graphs.compared import GraphDiffersError, check_graphs, shares_of_range
from camfolio.explanation.graphs.features import mean_activations
from camfolio.explanation.graphs.written import BACKWARD, FORWARD, write_graphs
from camfolio.explanation.layout import FEATURE_MAPS, Layout
from camfolio.network.agreement import trial_images
from camfolio.network.architecture import make_network, two_logits
from camfolio.network.weights import save_network

SIZE = 16


class Tokens(nn.Module):
    """A vision transformer of one block: 4 x 4 patches, one class token, attention written out."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, 8, 4, 4)
        self.start = nn.Parameter(torch.randn(1, 1, 8))
        self.norm = nn.LayerNorm(8)
        self.queries, self.keys, self.values = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, images):
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        tokens = self.norm(torch.cat([self.start.expand(len(images), -1, -1), tokens], 1))
        shares = (self.queries(tokens) @ self.keys(tokens).transpose(1, 2) / 8**0.5).softmax(2)
        return self.head(nn.functional.gelu(tokens + shares @ self.values(tokens))[:, 0])


class OneLogit(nn.Module):
    """One logit, made two by the hook of user networks; strides, groups, dilation and pooling; a constant that is no weight."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 6, 4, stride=3, padding=1)
        self.second = nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=2)
        self.norm = nn.GroupNorm(2, 6)
        self.up = nn.ConvTranspose2d(6, 4, 3, stride=2)
        self.head = nn.Linear(4, 1)
        self.scale = [torch.rand(6, 1, 1)]
        self.register_forward_hook(lambda _module, _inputs, output: two_logits(output))

    def forward(self, images):
        cells = self.norm(self.second(self.first(images).relu_() * self.scale[0])).sigmoid()
        return self.head(nn.functional.max_pool2d(self.up(cells), 2).mean((2, 3)))


def residual(width=4):
    return make_network(width=width, blocks=(1, 1, 1, 1))


RESIDUAL = ("layer2.0.conv2", "layer2.0", "layer1.0.conv2", "layer3.0")
KINDS = {
    "residual, four layers": (residual, RESIDUAL, FEATURE_MAPS),
    "strides and one logit": (OneLogit, ("second", "first"), FEATURE_MAPS),
    "tokens": (Tokens, ("norm",), Layout("tokens", 1)),
}


def members(make, folder, count=2):
    """Networks with weights and running statistics of their own, and the files of their weights."""
    found = {}
    for number in range(count):
        torch.manual_seed(number)
        network = make()
        network.train()(torch.rand(8, 1, SIZE, SIZE))
        save_network(network.eval(), folder / f"network-{number}.safetensors")
        found[folder / f"network-{number}.safetensors"] = network
    return found


@pytest.fixture(scope="module")
def images():
    return trial_images(torch.rand(1, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(3)), 3)


@pytest.fixture(scope="module")
def written(images, tmp_path_factory):
    """The residual networks and their graphs."""
    folder = tmp_path_factory.mktemp("graphs")
    networks = members(residual, folder)
    write_graphs(networks, RESIDUAL, images[:2], folder)
    return networks, folder


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind != "residual, four layers" else []) for kind in KINDS]
)
def test_every_output_is_torch_s_on_several_inputs(kind, images, tmp_path):
    make, layers, layout = KINDS[kind]
    networks = members(make, tmp_path)
    write_graphs(networks, layers, images[:2], tmp_path, layout)
    agreement = check_graphs(tmp_path, networks, layers, images, layout)
    assert 0 < max(agreement.logits, agreement.activations, agreement.gradients) < 2e-6


def test_the_networks_come_back_as_they_were(written):
    networks, _ = written
    for network in networks.values():
        assert not network._forward_hooks
        assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())


def test_the_graphs_hold_no_weights_but_read_their_file(written, images):
    networks, folder = written
    total = sum(file.stat().st_size for file in networks)
    assert (folder / FORWARD).stat().st_size < (folder / BACKWARD).stat().st_size < total / 2
    model = onnx.load(folder / BACKWARD, load_external_data=False)
    inside = [one for one in model.graph.initializer if one.data_location != onnx.TensorProto.EXTERNAL]
    assert sum(int(np.prod(one.dims)) for one in inside) < 100
    file = next(iter(networks))
    before = file.read_bytes()
    try:
        file.write_bytes(before[:-4000] + bytes(4000))
        changed = compared.by_runtime(folder / FORWARD, list(networks), images)[0]["logits"]
    finally:
        file.write_bytes(before)
    kept = compared.by_runtime(folder / FORWARD, list(networks), images)[0]["logits"]
    assert not np.allclose(changed[0], kept[0])
    np.testing.assert_array_equal(changed[1], kept[1])


def test_the_forward_graph_has_no_backward_pass(written):
    _, folder = written
    model = onnx.load(folder / FORWARD, load_external_data=False)
    assert [output.name for output in model.graph.output] == ["logits"]
    assert len(model.graph.input[0].type.tensor_type.shape.dim) == 5  # every network takes images of its own
    assert "ConvTranspose" not in {node.op_type for node in model.graph.node}


@pytest.mark.slow
def test_the_same_networks_give_the_same_bytes_without_a_path_of_the_machine(written, images, tmp_path):
    networks, folder = written
    write_graphs(networks, RESIDUAL, images[:2] / 2, tmp_path)
    for file in (FORWARD, BACKWARD):
        content = (folder / file).read_bytes()
        assert content == (tmp_path / file).read_bytes()
        assert re.findall(rb"[\w/.-]*\.py\b", content) == []
        for place in (Path.home(), Path(tempfile.gettempdir()), Path.cwd()):
            assert os.fsencode(place) + b"/" not in content


def test_gradients_that_became_constants_are_refused(images, tmp_path, monkeypatch):
    """As exporters have been seen to do: right for one image, and wrong for every other."""
    networks, layers = members(residual, tmp_path, 1), RESIDUAL[:1]
    original = traced.Differentiated.__call__
    _, activations, frozen = original(
        traced.Differentiated(next(iter(networks.values())), {layers[0]: (8, 8, 8)}, FEATURE_MAPS), images[:1]
    )
    assert activations.shape == (1, 8, 8, 8)

    def constant(self, batch):
        logits, activations, gradients = original(self, batch)
        return logits, activations, frozen + 0 * gradients

    monkeypatch.setattr(traced.Differentiated, "__call__", constant)
    write_graphs(networks, layers, images[:2], tmp_path)
    assert np.allclose(frozen.numpy(), by_graph(tmp_path, networks, images[:1]), rtol=0, atol=1e-6)
    with pytest.raises(GraphDiffersError, match=r"gradients of torch at layer2.0.conv2, but they differ by 0\.\d+ of"):
        check_graphs(tmp_path, networks, layers, images)


def by_graph(folder, networks, images):
    """The gradients at the first layer by the graph of one network."""
    return compared.by_runtime(folder / BACKWARD, list(networks), images)[0]["gradients_0"][0]


class DataDependent(nn.Module):
    """Branches on the values of its activations, which no exporter can follow."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, images):
        cells = self.conv(images)
        return cells.mean((2, 3)) if cells.detach().sum() > 0 else cells.amax((2, 3))


def test_a_network_that_cannot_be_exported_is_told_in_a_sentence(images, tmp_path):
    networks = members(DataDependent, tmp_path, 1)
    with pytest.raises(NetworkError, match="Expected a network whose gradients can be exported to ONNX, but got"):
        write_graphs(networks, ["conv"], images[:2], tmp_path)
    assert not list(tmp_path.glob("*.onnx"))


def test_the_difference_is_relative_to_the_range_of_the_values():
    expected = np.array([[[1.0, 3.0], [2.0, 2.0]]])  # one network, two inputs
    changed = expected + np.array([[[0.5, 0.0], [0.0, 0.1]]])
    np.testing.assert_allclose(shares_of_range(expected, changed, axis=1), [[0.25, 0.05]])
    np.testing.assert_allclose(shares_of_range(expected[:, None], changed[:, None], axis=2), [[0.25, 0.05]])
    assert shares_of_range(expected, expected[:, :1], axis=1).tolist() == [[np.inf, np.inf]]
    flat = np.zeros((1, 2, 3))
    assert shares_of_range(flat, flat, axis=1).tolist() == [[0, 0]]
    assert shares_of_range(flat, np.add(flat, [[[0], [1]]]), axis=1).tolist() == [[0, np.inf]]
    assert shares_of_range(expected, np.full_like(expected, np.nan), axis=1).tolist() == [[np.inf, np.inf]]


def test_a_gradient_on_the_other_side_of_a_relu_is_told_but_refuses_nothing(written, images, monkeypatch):
    """One input of one network of several; for one network's every input it is refused."""
    networks, folder = written
    original, wrong = compared.by_runtime, {"inputs": 1}

    def kinked(file, members, batch):
        found = original(file, members, batch)
        for outputs in found:
            if "gradients_0" in outputs:
                outputs["gradients_0"][1, :, : wrong["inputs"], 0, 0, 0] += 0.02 * np.ptp(outputs["gradients_0"])
        return found

    monkeypatch.setattr(compared, "by_runtime", kinked)
    agreement = check_graphs(folder, networks, RESIDUAL, images)
    assert agreement.gradients < 2e-6
    assert agreement.largest_gradient == pytest.approx(0.02, rel=0.05)
    wrong["inputs"] = 3
    with pytest.raises(GraphDiffersError, match=r"gradients of torch at layer2.0.conv2"):
        check_graphs(folder, networks, RESIDUAL, images)


def test_mean_activations_are_those_of_a_hook(images):
    network, found = residual().eval(), []
    handle = network.get_submodule("layer2.0").register_forward_hook(lambda _m, _i, output: found.append(output))
    with torch.no_grad():
        network(images)
    handle.remove()
    expected = found[0].mean((2, 3))
    torch.testing.assert_close(mean_activations(network, "layer2.0", images), expected, rtol=0, atol=1e-6)
