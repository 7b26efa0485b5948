"""The methods: each one is only the way it weighs a layer's channels; everything else is done once, elsewhere.

y is the target's logit before softmax, A the layer's activations, g = dy/dA. Each function returns the signed map
before its ReLU: positive where the evidence speaks for the target. A new method is one function here and its name in
`config.Method`, its slow twin goes to tests/reference_cams.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from camfolio.explanation.probe import Reading

Forward = Callable[[Tensor], Tensor]
Signed = Float[Tensor, "batch h w"]


@dataclass(frozen=True)
class Batch:
    """What a method may use.

    Attributes:
        reading: activations, gradients, logits and targets of the batch.
        images: (batch, 1, height, width) as the network saw them.
        forward: from images to logits, without gradients, at any batch size.
    """

    reading: Reading
    images: Float[Tensor, "batch ..."]
    forward: Forward


def grad_cam(batch: Batch) -> Signed:
    """Grad-CAM: sum_k mean_ij(g^k) A^k (Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74)."""
    weights = batch.reading.gradients.mean((2, 3), keepdim=True)
    return (weights * batch.reading.activations).sum(1)


def hires_cam(batch: Batch) -> Signed:
    """HiRes-CAM: sum_k g^k A^k, element by element, no averaging (Draelos & Carin 2020, arXiv 2011.08891).

    Its faithfulness guarantee holds only where the layer feeds one linear layer, so not at layer 2.
    """
    return (batch.reading.gradients * batch.reading.activations).sum(1)


def score_cam(batch: Batch) -> Signed:
    """Score-CAM: sum_k w_k A^k, w the softmax over channels of y(x * H_k) (Wang et al. 2020, arXiv 1910.01279).

    H_k is the channel, enlarged to the image and scaled to 0..1. The paper subtracts y of a baseline image from every
    score; that cancels in the softmax and is left out.
    """
    weights = score_weights(batch).softmax(1)
    return (weights[:, :, None, None] * batch.reading.activations).sum(1)


def score_weights(batch: Batch, *, align_corners: bool = False) -> Float[Tensor, "batch channels"]:
    """The target's logit for each image seen through each channel; all images of a channel in one pass.

    Args:
        batch: the batch.
        align_corners: how a channel is enlarged; our maps use half-pixel centres (False), a peer uses True.
    """
    size = batch.images.shape[2:]
    scores = []
    for channel in batch.reading.activations.unbind(1):
        enlarged = torch.nn.functional.interpolate(
            channel.unsqueeze(1), size, mode="bilinear", align_corners=align_corners
        )
        logits = batch.forward(batch.images * unit_range(enlarged))
        scores.append(logits.gather(1, batch.reading.target.unsqueeze(1)))
    return torch.cat(scores, 1)


def unit_range(channel: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 height width"]:
    """Each image of a channel scaled to 0..1; a constant one becomes 0: a mask that shows nothing."""
    low = channel.amin((2, 3), keepdim=True)
    span = channel.amax((2, 3), keepdim=True) - low
    return torch.where(span > 0, (channel - low) / span.clamp_min(torch.finfo(channel.dtype).tiny), 0.0)


METHODS: dict[str, Callable[[Batch], Signed]] = {
    "grad_cam": grad_cam,
    "hires_cam": hires_cam,
    "score_cam": score_cam,
}
