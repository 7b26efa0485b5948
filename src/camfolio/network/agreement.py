"""Comparison of logits: of two implementations of a network, and of a network with itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from camfolio.errors import NetworkError

SAME = 1e-6
"""Largest difference of one network's logits of the same images, relative to the largest; on a CPU they have been equal to the bit."""
CLOSE = 1e-4
"""Largest difference due to rounding, relative to the largest logit; float32 networks differ by about 1e-6."""
ROUGH = 2e-2
"""The same on a GPU, which may choose other kernels for another number of images, and in less than float32."""


def difference(expected: Tensor, actual: Tensor) -> float:
    """Largest absolute difference of logits, relative to the largest expected one (at least 1); infinite if shapes differ."""
    if expected.shape != actual.shape:
        return math.inf
    return float((expected - actual).abs().max() / expected.abs().max().clamp_min(1))


def trial_images(image: Tensor, count: int) -> Tensor:
    """An image (1, ...) and others of its pixels, shuffled and drawn towards its smallest value; always the same.

    So no value is out of the range of the image, which a network may check.
    """
    generator, pixels = torch.Generator("cpu").manual_seed(0), image.flatten()
    images, low = [image], image.min()
    for number in range(1, count):
        order = torch.randperm(len(pixels), generator=generator, device="cpu").to(pixels.device)
        images.append((low + (pixels[order] - low) / number).reshape(image.shape))
    return torch.cat(images)


def check_answers(network: nn.Module, images: Tensor) -> None:
    """Check that a network's logits of an image are the same whenever it is asked, and whatever other images are asked with it.

    Args:
        network: in evaluation mode. If its output is no tensor, nothing is checked.
        images: (N, channels, height, width); two or more for the second check.

    Raises:
        NetworkError: if they are not.
    """
    with torch.no_grad():
        first, again = network(images.clone()), network(images.clone())
        few = network(images[: max(1, len(images) // 2)].clone())
    if not (isinstance(first, Tensor) and isinstance(again, Tensor) and isinstance(few, Tensor)):
        return
    precise = first.device.type == "cpu" and first.dtype in {torch.float32, torch.float64}
    if changed := beyond(first, again, SAME if precise else ROUGH):
        msg = (
            f"Expected the same logits for the same images, but {type(network).__name__} gives others the second time, which differ by "
            f"{changed:.1g} of the largest. Draw nothing at random in evaluation mode, as with "
            "functional.dropout(..., training=self.training), and keep nothing from one call to the next."
        )
        raise NetworkError(msg)
    if mixed := beyond(first[: len(few)], few, CLOSE if precise else ROUGH):
        msg = (
            f"Expected the logits of an image not to depend on the others of its batch, but those of {type(network).__name__} differ by "
            f"{mixed:.1g} of the largest. Check batch_first of attention, axes of softmax and reshape, norms without running statistics, and dynamic quantisation."
        )
        raise NetworkError(msg)


def beyond(expected: Tensor, actual: Tensor, limit: float) -> float:
    """The difference of logits if it is larger than rounding, otherwise 0; of NaN and infinity others tell."""
    differing = difference(expected.nan_to_num(), actual.nan_to_num())
    return differing if differing > limit else 0.0
