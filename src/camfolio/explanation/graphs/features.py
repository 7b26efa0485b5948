"""Mean activations of a layer: one number per channel, by which a picture is compared with others."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from camfolio.explanation.layout import FEATURE_MAPS, Layout
from camfolio.explanation.probe import borrowed, read

CHUNK = 64
"""Images in one pass."""


def mean_activations(
    network: nn.Module, layer: str, images: Float[Tensor, "images channels height width"], layout: Layout = FEATURE_MAPS
) -> Float[Tensor, "images features"]:
    """The mean over all cells of every channel of a layer.

    Args:
        network: from images to logits.
        layer: full name.
        images: as the network takes them.
        layout: of the layer's output.
    """
    with borrowed(network):
        modules = {layer: network.get_submodule(layer)}
        chunks = [
            read(network, modules, chunk.clone(), None, [None], layout=layout)[0][layer]
            for chunk in torch.split(images, CHUNK)
        ]
    return torch.cat([chunk.activations.float().mean((2, 3)) for chunk in chunks])
