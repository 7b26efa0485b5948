"""Tiny networks of several build, fixed images, and one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from camfolio.network.architecture import make_network


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 with a skip connection, in-place ReLUs, and a layer that is never run."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1, stride=2)
        self.reduce = nn.Conv2d(8, 4, 1)
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.expand = nn.Conv2d(4, 8, 1)
        self.relu = nn.ReLU(inplace=True)
        self.idle = nn.Conv2d(8, 8, 1)
        self.aside = nn.Conv2d(8, 8, 1)
        self.fc = nn.Linear(8, 3)

    def forward(self, images: Tensor) -> Tensor:
        stem = self.relu(self.stem(images))
        self.aside(stem)  # runs, but nothing depends on it
        inner = self.relu(self.conv(self.relu(self.reduce(stem))))
        logits: Tensor = self.fc(self.relu(self.expand(inner) + stem).mean((2, 3)))
        return logits


def make_resnet(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    network = make_network(width=4, blocks=(2, 2, 2, 2))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # a trained network's norms are not the identity
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()


def make_plain_cnn(seed: int = 0, channels: int = 1) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 5, 3, padding=1, stride=2),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(20, 3),
    ).eval()


def make_bottleneck(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return Bottleneck().eval()


def make_binary(seed: int = 0) -> nn.Module:
    """One logit, around zero on the fixed images."""
    torch.manual_seed(seed)
    head = nn.Linear(4, 1)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, stride=2), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head
    ).eval()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def resnet() -> Callable[..., nn.Module]:
    """`resnet(seed=0)`: the study's network at width 4, in eval mode; its layer is layer2.1.conv2."""
    return make_resnet


@pytest.fixture(scope="session")
def plain_cnn() -> Callable[..., nn.Module]:
    """`plain_cnn(seed=0, channels=1)`: a Sequential of 3 classes; its layer is "2", before an in-place ReLU."""
    return make_plain_cnn


@pytest.fixture(scope="session")
def bottleneck() -> Callable[..., nn.Module]:
    """`bottleneck(seed=0)`: 3 classes; its layer is conv."""
    return make_bottleneck


@pytest.fixture(scope="session")
def binary() -> Callable[..., nn.Module]:
    """`binary(seed=0)`: a Sequential with a single logit; its layer is "0", before an in-place ReLU."""
    return make_binary


@pytest.fixture(scope="session")
def images() -> Tensor:
    """Six images (6, 1, 16, 16) within -1 to 1."""
    return torch.rand(6, 1, 16, 16, generator=torch.Generator().manual_seed(7)) * 2 - 1
