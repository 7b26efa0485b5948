"""A layer's channels: which of them need a forward pass, their scaling to 0..1, and a precision that does not overflow."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from camfolio.explanation.batch import Rows


def need_a_pass(spared: Bool[Tensor, "batch channels"], real: int) -> tuple[Rows, Rows]:
    """Numbers of images and channels that need a pass: all that are not spared, and the first spared one.

    Args:
        spared: channels whose passes all have the same result.
        real: images that are asked for, from the first one on; the others fill the batch up.
    """
    wanted = ~spared
    wanted[real:] = False
    for image, channel in spared[:real].nonzero()[:1].tolist():
        wanted[image, channel] = True
    image, channel = wanted.nonzero(as_tuple=True)
    return image, channel


def is_constant(activations: Float[Tensor, "batch channels h w"]) -> Bool[Tensor, "batch channels"]:
    """Whether a channel has the same value everywhere."""
    return activations.amax((2, 3)) == activations.amin((2, 3))


def unit_range(channel: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 height width"]:
    """Each image of a channel scaled to 0..1; a constant one becomes 0: a mask that shows nothing."""
    low = channel.amin((2, 3), keepdim=True)
    span = channel.amax((2, 3), keepdim=True) - low
    return torch.where(span > 0, (channel - low) / span.clamp_min(torch.finfo(channel.dtype).tiny), 0.0)


def at_least_single(tensor: Tensor) -> Tensor:
    """Half precision as float32, for cubes and sums that would overflow; everything else as it is."""
    return tensor.float() if tensor.dtype in {torch.float16, torch.bfloat16} else tensor
