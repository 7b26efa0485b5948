import pytest
import torch
from torch import nn

from camfolio.errors import ExplanationError
from camfolio.explanation.explain import explain
from camfolio.explanation.onnx import export_network, load_network

pytest.importorskip("onnxruntime", reason="ONNX Runtime is an extra: install camfolio[onnx]")


@pytest.fixture(scope="module")
def exported(resnet, images, tmp_path_factory):
    network, path = resnet(), tmp_path_factory.mktemp("onnx") / "network.onnx"
    export_network(network, images[:2], path)
    return network, load_network(path)


@pytest.mark.parametrize("count", [1, 6])
def test_the_file_gives_the_network_s_logits_for_any_number_of_images(count, exported, images):
    network, answers = exported
    with torch.no_grad():
        torch.testing.assert_close(answers(images[:count]), network(images[:count]), rtol=0, atol=1e-6)


def test_score_cam_is_the_same_with_either_engine(exported, images):
    network, answers = exported
    asked = []

    def counted(pixels):
        asked.append(len(pixels))
        return answers(pixels)

    plain = explain(network, images, methods=["score_cam", "grad_cam"])
    faster = explain(network, images, methods=["score_cam", "grad_cam"], masked=counted)
    scale = float(plain.signed["score_cam"].abs().max())
    torch.testing.assert_close(faster.signed["score_cam"], plain.signed["score_cam"], rtol=0, atol=1e-5 * scale)
    assert torch.equal(faster.signed["grad_cam"], plain.signed["grad_cam"])
    assert sum(asked) >= 8 * len(images)


def test_maps_by_the_file_are_the_same_bits_alone_in_any_order_and_with_two_threads(exported, images):
    network, answers = exported
    many = torch.cat([images] * 7)
    together = explain(network, many, methods=["score_cam"], masked=answers).signed["score_cam"]
    order = torch.randperm(len(many), generator=torch.Generator().manual_seed(3))
    torch.set_num_threads(2)
    permuted = explain(network, many[order], methods=["score_cam"], masked=answers).signed["score_cam"]
    alone = explain(network, many[4:5], methods=["score_cam"], masked=answers).signed["score_cam"]
    assert torch.equal(permuted, together[order])
    assert torch.equal(alone[0], together[4])


class Asking(nn.Module):
    """Decides by its numbers."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, images):
        cells = self.conv(images)
        return cells.mean((2, 3)) if float(cells.sum()) > 0 else cells.amax((2, 3))


def test_a_network_that_cannot_be_exported_says_so_and_what_to_do(images, tmp_path):
    with pytest.raises(ExplanationError, match=r"can be exported to ONNX, but got .* set explanation.engine to torch"):
        export_network(Asking().eval(), images, tmp_path / "network.onnx")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_network_says_so(tmp_path):
    (tmp_path / "network.onnx").write_bytes(b"no network")
    with pytest.raises(ExplanationError, match=r"Expected ONNX Runtime to read network.onnx, but got"):
        load_network(tmp_path / "network.onnx")
