"""Layers whose outputs are tokens or channels last, against slow twins at the same cells laid out as feature maps."""

import pytest
import torch
from torch import nn

from camfolio.errors import ExplanationError
from camfolio.explanation.centres import CellCentres
from camfolio.explanation.explain import explain
from camfolio.explanation.layout import Layout
from reference_cams import TWINS
from user_networks import TinySwin, TinyVit


class LaidOut(nn.Module):
    """A block, then its cells as feature maps (batch, channels, rows, columns) in a module of their own, and back."""

    def __init__(self, block, class_tokens):
        super().__init__()
        self.block, self.cells, self.class_tokens = block, nn.Identity(), class_tokens

    def forward(self, given):
        output = self.block(given)
        apart, pieces = output[:, : self.class_tokens], output[:, self.class_tokens :]
        side = round(pieces.shape[1] ** 0.5) if output.ndim == 3 else pieces.shape[1]
        maps = self.cells(pieces.reshape(len(output), side, side, -1).permute(0, 3, 1, 2))
        back = maps.permute(0, 2, 3, 1).reshape(pieces.shape)
        return torch.cat([apart, back], 1)


def networks(kind, layer, class_tokens):
    """A network and its twin, in which a module `cells` after the layer has feature maps."""
    torch.manual_seed(0)
    network = kind().eval().double()
    twin = kind().eval().double()
    twin.load_state_dict(network.state_dict())
    parent, _, name = layer.rpartition(".")
    twin.get_submodule(parent)._modules[name] = LaidOut(twin.get_submodule(layer), class_tokens)
    return network, twin


@pytest.fixture(scope="module")
def pictures():
    return torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


@pytest.mark.parametrize(
    ("kind", "layer", "layout"),
    [
        (TinyVit, "blocks.0", Layout("tokens", 1)),
        (TinySwin, "blocks.1.norm", Layout("channels_last")),
    ],
)
def test_every_method_agrees_with_its_slow_twin(kind, layer, layout, pictures):
    network, twin = networks(kind, layer, layout.class_tokens)
    settings = {"reshape": layout.reshape, "class_tokens": layout.class_tokens}
    found = explain(network, pictures, layer, list(TWINS), [1, 0], **settings)
    assert found.centres[layer] == CellCentres.tiling((4, 4))
    for method, slow in TWINS.items():
        for image, target, signed in zip(pictures, (1, 0), found.signed[method], strict=True):
            expected = torch.from_numpy(slow(twin, f"{layer}.cells", image, target))
            scale = float(expected.abs().max())
            assert scale > 0, method
            assert float((signed - expected).abs().max()) <= 1e-7 * scale, method


def test_several_layers_of_one_layout_are_read_together(pictures):
    network, _ = networks(TinyVit, "blocks.0", 1)
    settings = {"reshape": "tokens", "class_tokens": 1}
    both = explain(network, pictures, ["blocks.1.norm1", "blocks.0"], ["grad_cam", "ablation_cam"], **settings)
    alone = explain(network, pictures, "blocks.0", ["grad_cam", "ablation_cam"], **settings)
    for method in both.methods:
        torch.testing.assert_close(both.at("blocks.0").signed[method], alone.signed[method])


class Attending(nn.Module):
    """Attention whose weights are a layer's output, (batch, heads, tokens, tokens), without a class token."""

    def __init__(self):
        super().__init__()
        self.patches, self.weights, self.values = nn.Conv2d(1, 8, 4, 4), nn.Softmax(-1), nn.Identity()
        self.bands, self.head = nn.Identity(), nn.Linear(8, 2)

    def forward(self, images):
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        heads = self.values(tokens.unflatten(2, (2, 4)).transpose(1, 2))
        seen = self.weights(heads @ heads.transpose(2, 3)) @ heads
        rows = self.bands(seen.transpose(1, 2).flatten(2).unflatten(1, (4, 4)).flatten(0, 1))
        return self.head(rows.unflatten(0, (len(images), 4)).mean((1, 2)))


class Turned(nn.Module):
    """Takes the image's columns as rows."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 4, 3, 2), nn.Linear(4, 2)

    def forward(self, images):
        return self.head(self.conv(images.transpose(2, 3)).mean((2, 3)))


@pytest.mark.parametrize(
    ("kind", "layer", "settings", "said"),
    [
        (TinyVit, "blocks.0", {}, r"shape \(1, 17, 6\)\. Set reshape to tokens and class_tokens to 1\."),
        (
            TinyVit,
            "blocks.0",
            {"reshape": "tokens"},
            r"after 0 class tokens, .* Set reshape to tokens and class_tokens",
        ),
        (TinyVit, "blocks.0", {"reshape": "channels_last"}, r"Set reshape to tokens and class_tokens to 1\."),
        (
            TinyVit,
            "blocks.1",
            {"reshape": "tokens", "class_tokens": 1},
            "blocks.1 they depend on the class tokens only",
        ),
        (
            TinyVit,
            "patches",
            {"reshape": "tokens", "class_tokens": 1},
            r"patches has shape \(1, 6, 4, 4\)\. Leave resh",
        ),
        (
            TinySwin,
            "blocks.0",
            {},
            r"\(1, 4, 4, 6\), whose axes do not follow the rows and columns.* to channels_last\.",
        ),
        (TinySwin, "patches", {"reshape": "channels_last"}, r"\(1, 6, 4, 4\), whose axes do not .*Leave reshape out\."),
        (lambda: TinySwin(4), "blocks.0", {}, r"\(1, 4, 4, 4\), whose axes do not .*Set reshape to channels_last\."),
        (TinySwin, "blocks.0.attention", {}, "the output of blocks.0.attention is a tuple"),
        (TinySwin, "blocks.0.mlp", {"reshape": "tokens"}, r"\(1, 4, 4, 6\)\. Set reshape to channels_last\."),
        (
            Attending,
            "weights",
            {},
            r"\(1, 2, 16, 16\), whose axes do not .*Choose another layer, such as a whole block",
        ),
        (Attending, "values", {}, r"\(1, 2, 16, 4\), whose axes do not .*Choose another layer, such as a whole block"),
        (Attending, "bands", {}, r"shape \(4, 4, 8\) for one image: its first axis is not the batch"),
        (Turned, "conv", {}, r"\(1, 4, 7, 7\), whose axes do not .*Choose another layer"),
    ],
)
def test_an_output_of_another_layout_is_refused_with_its_shape_and_the_layout_it_has(
    kind, layer, settings, said, pictures
):
    torch.manual_seed(0)
    with pytest.raises(ExplanationError, match=said):
        explain(kind().eval(), pictures.float(), layer, ["grad_cam"], **settings)


@pytest.mark.parametrize("pixels", [(16, 16), (12, 20)])
def test_feature_maps_of_convolutions_are_never_refused(pixels):
    for seed in range(2):
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Conv2d(1, 1 + seed, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(1 + seed, 2, 5, (1, 2), 2),
            nn.ReLU(),
        )
        network = nn.Sequential(network, nn.AdaptiveAvgPool2d((2, 3)), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
        for image in (torch.rand(1, 1, *pixels), torch.zeros(1, 1, *pixels)):
            explain(network, image, ["0.0", "0.2", "0.3", "1", "2"], ["grad_cam"])


@pytest.mark.parametrize("layout", [Layout(), Layout("channels_last"), Layout("tokens"), Layout("tokens", 2)])
def test_cells_and_what_stands_apart_give_the_output_back(layout):
    output = torch.rand(3, 6 * 10 + layout.class_tokens, 5) if layout.reshape == "tokens" else torch.rand(3, 6, 10, 5)
    cells = layout.cells(output, (24, 40))
    assert torch.equal(layout.output(cells, layout.apart(output)), output)
    if layout.reshape == "tokens":
        assert torch.equal(cells[:, :, 2, 3], output[:, layout.class_tokens + 2 * 10 + 3])
