"""Networks that no other layer would help: the error names the network; and settings of torch in the caller's thread."""

import numpy as np
import pytest
import torch
from torch import nn

from camfolio.errors import ExplanationError, NetworkError
from camfolio.explanation.explain import explain


class Cut(nn.Module):
    """A step after the layer has no gradients."""

    def __init__(self, how):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.after, self.head, self.how = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, 2), how

    def forward(self, images):
        cells = self.conv(images)
        if self.how == "detach":
            cells = cells.detach()
        elif self.how == "numpy":
            cells = torch.from_numpy(cells.numpy())
        elif self.how == "asarray":
            cells = torch.tensor(np.asarray(cells))
        elif self.how == "sign":
            cells = (cells > 0).to(cells)
        elif self.how == "no_grad" and bool(torch.isfinite(cells).all()):  # which no traced copy can follow
            with torch.no_grad():
                cells = cells * 2
        return self.head(self.after(cells).mean((2, 3)))


@pytest.mark.parametrize("how", ["detach", "numpy", "asarray", "sign", "no_grad"])
def test_a_network_without_gradients_is_named_with_remedies_that_work(how, images):
    network = Cut(how).eval()
    with pytest.raises(ExplanationError, match=r"The cause is the network: after this layer .*, score_cam\.") as caught:
        explain(network, images, "conv")
    assert "Choose another layer" not in str(caught.value)
    assert explain(network, images, "after").signed["grad_cam"].any()
    assert explain(network, images, "conv", ["score_cam", "ablation_cam"], 1).signed["score_cam"].any()


@pytest.mark.filterwarnings("ignore")  # both are deprecated in torch
def test_torchscript_and_quantised_parts_are_named(plain_cnn, images):
    for made in (torch.jit.script, lambda network: torch.jit.trace(network, images)):
        with pytest.raises(
            NetworkError, match=r"the network is TorchScript, whose layers cannot be read. Pass the netw"
        ):
            explain(made(plain_cnn()), images, "2")
        with pytest.raises(NetworkError, match="but 0 is TorchScript"):
            explain(nn.Sequential(made(plain_cnn())), images, "0.2")
    quantised = torch.ao.quantization.quantize_dynamic(plain_cnn(), {nn.Linear})
    with pytest.raises(NetworkError, match=r"not to depend on the others of its batch, .* and dynamic quantisation"):
        explain(quantised, images, "2")


class Quantised(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.layer = nn.Conv2d(1, 2, 3), torch.ao.nn.quantized.Quantize(0.1, 0, torch.quint8)

    def forward(self, images):
        return self.layer(self.conv(images)).dequantize().mean((2, 3))


@pytest.mark.filterwarnings("ignore")  # deprecated in torch
def test_a_quantised_layer_is_named(images):
    with pytest.raises(ExplanationError, match=r"the output of layer is quantised \(torch.quint8\)\. Pass the network"):
        explain(Quantised().eval(), images, "layer")


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_under_autocast_a_map_does_not_depend_on_how_many_there_are(precision, plain_cnn):
    many = torch.rand(40, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    network, found = plain_cnn(), []
    torch.set_num_threads(2)
    for count in (3, 40):
        with torch.autocast("cpu", precision):
            found.append(explain(network, many[:count], "2", ["grad_cam", "score_cam"], 1))
    for method in found[0].methods:
        assert found[0].signed[method].dtype == found[1].signed[method].dtype
        assert torch.equal(found[0].signed[method], found[1].signed[method][:3])


def test_settings_of_the_caller_change_no_map(plain_cnn, images):
    network = plain_cnn()
    methods = ["grad_cam", "score_cam", "ablation_cam"]
    torch.set_num_threads(2)
    many = torch.cat([images] * 6)
    expected = explain(network, many, "2", methods)
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.use_deterministic_algorithms(True)
        found = explain(network, many, "2", methods)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        torch.use_deterministic_algorithms(False)
    for method in methods:
        assert torch.equal(found.signed[method], expected.signed[method])
