"""What a method may use: one batch read at one layer, and two ways to ask the network again, in passes of one size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from camfolio.explanation.probe import Reading
from camfolio.explanation.speed.tail import Onward

Rows = Int64[Tensor, " rows"]
Make = Callable[[Rows], Tensor]
"""From the numbers of some rows of work to what the network is to see for them; called when their turn comes."""
Logits = Float[Tensor, "rows classes"]


@dataclass(frozen=True)
class Batch:
    """What a method may use.

    Attributes:
        reading: activations, gradients, logits and targets of the batch.
        images: (batch, channels, height, width) as the network saw them.
        network: one pass, from images to logits, without gradients.
        onward: one pass, from numbers of images and activations in place of the layer's to logits, without gradients.
        real: how many of the images are asked for, from the first one on; the others fill the batch up.
        size: rows in a pass; the last one is filled up with its last row, so that neighbours change no bit.
    """

    reading: Reading
    images: Float[Tensor, "batch ..."]
    network: Callable[[Tensor], Tensor]
    onward: Onward
    real: int
    size: int

    def forward(self, images: Float[Tensor, "rows ..."]) -> Logits:
        """The logits of any number of images."""
        return self.forward_each(lambda rows: images[rows], len(images))

    def forward_each(self, make: Make, count: int) -> Logits:
        """The logits of `count` images that are made a pass at a time: memory does not grow with their number."""
        return in_passes(lambda rows: self.network(make(rows)), count, self.size)

    def onward_each(self, make: Make, image: Rows) -> Logits:
        """The logits of the images with the numbers `image`, each with activations made for it in place of its own."""
        return in_passes(lambda rows: self.onward(image[rows], make(rows)), len(image), self.size)


def in_passes(answer: Make, count: int, size: int) -> Logits:
    """Rows 0 to count - 1 in passes of exactly `size`, under inference mode.

    Raises:
        ValueError: for no rows: how many classes there are is then not known.
    """
    if count == 0:
        msg = "Expected at least one row of work, but got none."
        raise ValueError(msg)
    with torch.inference_mode():
        passes = [
            answer(torch.arange(start, start + size).clamp_max(count - 1))[: count - start]
            for start in range(0, count, size)
        ]
        return torch.cat(passes)
