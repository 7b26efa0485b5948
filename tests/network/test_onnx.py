import hashlib
import itertools
import re

import pytest
import torch
from torch import nn

from camfolio.errors import NetworkError
from camfolio.network.architecture import make_network
from camfolio.network.onnx import check_logits, export_network, load_forward, write_onnx


@pytest.fixture(scope="module")
def images():
    return torch.rand(6, 1, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture(scope="module")
def exported(images, tmp_path_factory):
    torch.manual_seed(0)
    network, path = make_network(width=4, blocks=(1, 1, 1, 1)).eval(), tmp_path_factory.mktemp("onnx") / "network.onnx"
    assert write_onnx(network, images[:1], path) == ""
    return network, load_forward(path), path


@pytest.mark.parametrize("count", [1, 6])
def test_the_file_gives_the_network_s_logits_for_any_number_of_images(count, exported, images):
    network, forward, _ = exported
    with torch.no_grad():
        torch.testing.assert_close(forward(images[:count]), network(images[:count]), rtol=0, atol=1e-6)


def test_the_same_network_gives_the_same_bytes_without_a_path_of_the_machine(exported, images, tmp_path):
    network, _, path = exported
    export_network(network, images[1:2], tmp_path / "again.onnx")
    content = path.read_bytes()
    assert hashlib.sha256(content).digest() == hashlib.sha256((tmp_path / "again.onnx").read_bytes()).digest()
    assert re.findall(rb"[\w/.-]*\.py\b|/[\w.-]+/[\w.-]+/[\w.-]+", content) == []


class DataDependent(nn.Module):
    """Branches on the values of its activations, which no exporter can follow."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, images):
        cells = self.conv(images)
        return cells.mean((2, 3)) if float(cells.sum()) > 0 else cells.amax((2, 3))


def test_a_network_that_cannot_be_exported_leaves_no_file_and_the_reason(images, tmp_path, caplog):
    with caplog.at_level("INFO", logger="camfolio"):
        reason = write_onnx(DataDependent().eval(), images[:1], tmp_path / "network.onnx")
    assert reason.startswith("Expected a network that can be exported to ONNX, but got ")
    assert f"no network.onnx is written, torch runs all passes: {reason}" in caplog.text
    assert not list(tmp_path.iterdir())


class ChecksItsInput(nn.Module):
    """Refuses images out of range, but not in the exporter."""

    def forward(self, images):
        if not torch.compiler.is_exporting() and images.min() < 0:
            msg = "images from 0 to 1"
            raise ValueError(msg)
        return images.flatten(1)[:, :2]


def test_no_error_of_a_network_ends_the_export(images, tmp_path):
    reason = write_onnx(ChecksItsInput().eval(), images[:1].abs(), tmp_path / "network.onnx")
    assert reason == "Expected a file that can be run, but got ValueError: images from 0 to 1"
    assert not list(tmp_path.iterdir())


class Drifting(nn.Module):
    """Returns other logits at each call, so that its export does not match."""

    calls = itertools.count(1)

    def forward(self, images):
        return images.flatten(1)[:, :2] + next(self.calls)


def test_a_file_with_other_logits_is_not_kept(images, tmp_path):
    reason = write_onnx(Drifting().eval(), images[:1], tmp_path / "network.onnx")
    assert reason.startswith("Expected the same logits from ONNX Runtime, but they differ by ")
    assert not list(tmp_path.iterdir())


def test_a_constant_that_is_right_for_one_image_does_not_agree(exported, images):
    network, *_ = exported
    with torch.no_grad():
        constant = network(images[:1])
    with pytest.raises(NetworkError, match="Expected the same logits"):
        check_logits(network, lambda pixels: constant.expand(len(pixels), -1), images[:1])


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / "network.onnx").write_bytes(b"no network")
    with pytest.raises(NetworkError, match=r"Expected ONNX Runtime to read network.onnx, but got"):
        load_forward(tmp_path / "network.onnx")
