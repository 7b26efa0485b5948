import copy
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from camfolio.data.loading import SliceLoading
from camfolio.explanation.probe import borrowed, read
from camfolio.network.architecture import make_network
from camfolio.network.memory_layout import SafeGradients, channels_last, is_faulty
from camfolio.network.training import train
from camfolio.study.training import Training

TOLERANCE = 1e-5
WINDOW = (-1000.0, 400.0)
LAST = torch.channels_last


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def smooth_network(width):
    """The network without parts that magnify rounding: ReLU gates and batch means."""
    torch.manual_seed(width)
    network = make_network(width=width, blocks=(1, 1, 1, 1)).eval()
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                setattr(module, name, nn.SiLU())
    return network


def narrow(width):
    """Weights of the network's strided 1x1 convolutions with fewer than 16 input channels."""
    return [f"layer{depth + 2}.0.downsample.0.weight" for depth in range(3) if width << depth < 16]


def gradients(network, images):
    """Of all images' margins together, with respect to images and weights, by name."""
    images = images.detach().requires_grad_()
    margin = network(images).diff().sum()
    names, weights = zip(*network.named_parameters(), strict=True)
    found = torch.autograd.grad(margin, (images, *weights))
    return dict(zip(("images", *names), found, strict=True))


def distance(expected, found):
    """The norm of the difference as a share of the norm."""
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("width", range(4, 17))
def test_gradients_of_every_width_equal_those_of_contiguous_memory(width, threads):
    network = smooth_network(width)
    images = torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    expected = gradients(copy.deepcopy(network), images)
    with channels_last(network), SafeGradients() as safe:
        found = gradients(network, images)
        moved = safe.names(network)
    far = {name: distance(expected[name], found[name]) for name in expected}
    assert all(value < TOLERANCE for value in far.values()), far
    assert moved == narrow(width)


@pytest.mark.parametrize("width", range(4, 17))
def test_gradients_for_maps_of_every_width_equal_those_of_contiguous_memory(width, threads):
    images = torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    found = []
    for layout in (torch.contiguous_format, LAST):
        network = smooth_network(width).to(memory_format=layout)
        layers = {name: network.get_submodule(name) for name in ("layer1.0.conv2", "layer2.0.conv2", "layer3")}
        with borrowed(network):
            found.append({name: one.gradients for name, one in read(network, layers, images, None)[0].items()})
    assert all(distance(found[0][name], found[1][name]) < TOLERANCE for name in found[0])


@pytest.mark.slow
@pytest.mark.parametrize("processor", ["AVX2", "SSE41"])
def test_gradients_are_right_on_older_processors(processor):
    # oneDNN, held back to their instructions. A wrong write may end the process: it is one of its own.
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "-m", "not slow", __file__]
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": processor}
    with tempfile.TemporaryFile("w+") as said:
        status = subprocess.run(command, env=environment, stdout=said, stderr=said, timeout=300, check=False).returncode
        said.seek(0)
        assert status == 0, said.read()


def test_only_narrow_strided_pointwise_convolutions_are_faulty():
    assert is_faulty(torch.zeros(8, 15, 1, 1), (1, 2))
    assert is_faulty(torch.zeros(8, 15, 1), [2])
    assert not is_faulty(torch.zeros(8, 16, 1, 1), [2, 2])
    assert not is_faulty(torch.zeros(8, 15, 1, 3), [2, 2])
    assert not is_faulty(torch.zeros(8, 15, 1, 1), (1, 1))


class Strided(nn.Module):
    """A faulty convolution, called in one of several ways; two logits by mean and maximum."""

    def __init__(self, way: Callable[[nn.Conv2d, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 1, 2)
        self.way = way

    def forward(self, images):
        cells = self.way(self.second, self.first(images).sigmoid())
        return torch.stack([cells.mean((1, 2, 3)), cells.sigmoid().mean((1, 2, 3))], 1)


def aten(layer, cells):
    return torch.ops.aten.conv2d(cells, layer.weight, layer.bias, [2, 2])


def convolution(layer, cells):
    return torch.convolution(cells, layer.weight, layer.bias, [2, 2], [0, 0], [1, 1], False, [0, 0], 1)


WAYS = {
    "module": lambda layer, cells: layer(cells),
    "function": lambda layer, cells: functional.conv2d(cells, weight=layer.weight, bias=layer.bias, stride=2),
    "aten": aten,
    "convolution": convolution,
    "checkpoint": lambda layer, cells: checkpoint(layer, cells, use_reentrant=False),
    "script": lambda layer, cells: torch.jit.script(layer)(cells),
    "normed": lambda layer, cells: functional.conv2d(cells, layer.weight - layer.weight.mean(), layer.bias, 2),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning")
@pytest.mark.parametrize("way", WAYS)
def test_the_gradients_are_right_however_a_convolution_is_called(way, threads):
    network = Strided(WAYS[way])
    images = torch.randn(8, 1, 32, 32)
    expected = gradients(copy.deepcopy(network), images)
    with channels_last(network), SafeGradients() as safe:
        found = gradients(network, images.contiguous(memory_format=LAST))
        moved = safe.names(network)
    assert all(distance(expected[name], found[name]) < TOLERANCE for name in expected)
    assert moved == (["a computed weight (8, 4, 1, 1)"] if way == "normed" else ["second.weight"])


def test_nothing_is_kept_of_weights_that_are_computed_in_every_pass():
    network = Strided(WAYS["normed"])
    safe = SafeGradients()
    for _ in range(5):
        with safe:
            gradients(network, torch.randn(2, 1, 8, 8))
    assert all(isinstance(shape, tuple) for shape in safe.made_contiguous.values())
    assert safe.names(network) == ["a computed weight (8, 4, 1, 1)"]


def test_the_network_is_contiguous_again_also_after_an_exception():
    network = make_network(width=4, blocks=(1, 1, 1, 1))
    weight = network.layer1[0].conv1.weight
    with pytest.raises(ZeroDivisionError), channels_last(network):
        1 / (not weight.is_contiguous(memory_format=LAST))  # fails here, and only if the weight was laid out
    assert all(weight.is_contiguous() for weight in network.parameters())


@pytest.mark.parametrize("width", [4, 16])
def test_a_training_lists_weights_computed_in_contiguous_memory(width, tiny_slices, caplog):
    data = tiny_slices(n=16, size=16)
    parts = np.repeat(["train", "train", "validation", "test"], 4)
    settings = Training(max_epochs=1, batch_size=8, threads=1, accelerator="cpu")
    network = make_network(width=width, blocks=(1, 1, 1, 1))
    before, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with caplog.at_level(logging.INFO, logger="camfolio"):
        result = train(
            network, SliceLoading(data, parts, batch_size=8, seed=0), window_hu=WINDOW, settings=settings, seed=0
        )
    torch.set_num_threads(before)
    torch.use_deterministic_algorithms(deterministic)
    assert result.contiguous == narrow(width)
    said = f"contiguous memory, since gradients in channels-last memory are wrong: {', '.join(narrow(width))}"
    assert (said in caplog.text) is (width < 16)
