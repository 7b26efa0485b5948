"""What a method receives: activations and gradients of one batch at one layer, and two kinds of further forward passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from camfolio.explanation.probe import LayerReading, margin
from camfolio.explanation.speed.tail import Onward

Rows = Int64[Tensor, " rows"]
Make = Callable[[Rows], Tensor]
"""From the numbers of some rows to the network's input for them, called one pass at a time."""
Logits = Float[Tensor, "rows classes"]


@dataclass(frozen=True)
class Batch:
    """What a method receives.

    Attributes:
        reading: activations, gradients, logits and targets of the batch.
        images: (batch, channels, height, width) as the network saw them.
        network: one forward pass, from images to logits, without gradients.
        onward: one forward pass from the layer on: from numbers of images and activations that replace the layer's
            output to logits, without gradients.
        real: number of images to explain, from the first one on; the others fill the batch up.
        size: rows in a pass; the last pass is filled up with its last row, so that no result depends on the others.
        masked: value that masked pixels of the images get, in what the network receives.
        comparison: a of y - a y' that a method without gradients explains (see `score`); 0 is the target's logit alone.
    """

    reading: LayerReading
    images: Float[Tensor, "batch ..."]
    network: Callable[[Tensor], Tensor]
    onward: Onward
    real: int
    size: int
    masked: float = 0.0
    comparison: float = 0.0

    def score(self, logits: Logits, target: Rows) -> Float[Tensor, " rows"]:
        """What is explained: the targets' logits, or their margins over the strongest other class."""
        return margin(logits, target, self.comparison)

    def forward(self, images: Float[Tensor, "rows ..."]) -> Logits:
        """The logits of any number of images."""
        return self.forward_each(lambda rows: images[rows], len(images))

    def forward_each(self, make: Make, count: int) -> Logits:
        """The logits of `count` images that are generated one pass at a time: memory does not grow with their number."""
        return in_passes(lambda rows: self.network(make(rows)), count, self.size)

    def onward_each(self, make: Make, image: Rows) -> Logits:
        """The logits of the images with the numbers `image`, each with generated activations as the layer's output."""
        return in_passes(lambda rows: self.onward(image[rows], make(rows)), len(image), self.size)


def in_passes(forward: Make, count: int, size: int) -> Logits:
    """Rows 0 to count - 1 in passes of exactly `size`, under inference mode.

    Raises:
        ValueError: for no rows: the number of classes is then not known.
    """
    if count == 0:
        msg = "Expected at least one row, but got none."
        raise ValueError(msg)
    with torch.inference_mode():
        passes = [
            forward(torch.arange(start, start + size, device="cpu").clamp_max(count - 1))[: count - start]
            for start in range(0, count, size)
        ]
        return torch.cat(passes)
