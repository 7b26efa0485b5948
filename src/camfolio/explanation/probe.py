"""What the methods work on: a layer's activations and the gradients of the targets' logits, taken from a model that is
given back as it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from camfolio.errors import ExplanationError


@dataclass(frozen=True)
class Reading:
    """One batch, read at one layer.

    Attributes:
        logits: (batch, classes).
        target: (batch,) the class that is explained.
        activations: (batch, channels, h, w) A, as the layer put them out.
        gradients: (batch, channels, h, w) g = dy/dA, y the target's logit.
    """

    logits: Float[Tensor, "batch classes"]
    target: Int64[Tensor, " batch"]
    activations: Float[Tensor, "batch channels h w"]
    gradients: Float[Tensor, "batch channels h w"]


def read(
    model: nn.Module, layer: nn.Module, images: Float[Tensor, "batch ..."], target: Int64[Tensor, " batch"] | None
) -> Reading:
    """One forward pass, and one backward pass that ends at the layer.

    The layer's output is replaced by a leaf of its own, so nothing before the layer enters the graph. What we keep is a
    copy, and what goes on into the model is another: an in-place ReLU on either would overwrite it.

    Args:
        model: borrowed, that is in evaluation mode and frozen, with gradients switched on (see `borrowed`).
        layer: a module of the model.
        images: whatever the model takes.
        target: class per image; None takes the predicted ones.

    Raises:
        ExplanationError: if the layer does not run once, its output is no feature map, the logits do not depend on it
            or are not (batch, classes), or a target has no logit.
    """
    leaves: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: object) -> Tensor:
        if not isinstance(output, Tensor) or not output.is_floating_point():
            msg = (
                f"Expected a layer with feature maps, but it puts out a {type(output).__name__}. Choose another layer."
            )
            raise ExplanationError(msg)
        leaves.append(output.detach().clone().requires_grad_())
        return leaves[-1].clone()

    handle = layer.register_forward_hook(keep)
    try:
        logits = model(images)
    finally:
        handle.remove()
    leaf = the_feature_map(leaves)
    check_logits(logits)
    if target is None:
        target = logits.detach().argmax(1)
    check_range(target, logits.shape[1])
    chosen = logits.gather(1, target.unsqueeze(1)).sum()
    (gradients,) = torch.autograd.grad(chosen, leaf)
    return Reading(logits.detach(), target, leaf.detach(), gradients)


def the_feature_map(leaves: list[Tensor]) -> Tensor:
    """The one output of the layer, if it is one, with channels, rows and columns."""
    if len(leaves) != 1:
        times = "not at all" if not leaves else f"{len(leaves)} times"
        msg = f"Expected a layer that runs once in a forward pass, but it ran {times}. Choose another layer."
        raise ExplanationError(msg)
    if leaves[0].ndim != 4:  # noqa: PLR2004 - batch, channels, rows, columns
        msg = f"Expected a layer with feature maps, but its output has shape {tuple(leaves[0].shape)}."
        raise ExplanationError(msg)
    return leaves[0]


def check_logits(logits: object) -> None:
    """One row of logits per image, and they depend on the layer."""
    if not isinstance(logits, Tensor) or logits.ndim != 2:  # noqa: PLR2004 - images and classes
        found = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else f"a {type(logits).__name__}"
        msg = f"Expected a model with logits of shape (images, classes), but it puts out {found}."
        raise ExplanationError(msg)
    if not logits.requires_grad:
        msg = "Expected a layer that the logits depend on, but they do not. Choose another layer."
        raise ExplanationError(msg)


def check_range(target: Int64[Tensor, " batch"], classes: int) -> None:
    """Every target has a logit."""
    odd = target[(target < 0) | (target >= classes)]
    if len(odd):
        msg = f"Expected targets from 0 to {classes - 1}, but got {int(odd[0])}."
        raise ExplanationError(msg)


@contextmanager
def borrowed(model: nn.Module) -> Iterator[nn.Module]:
    """The model in evaluation mode with all weights frozen; afterwards as it was, also after an exception.

    Gradients can be taken inside, also where the caller is under `no_grad` or `inference_mode`.

    Every submodule's mode and every parameter's `requires_grad` come back one by one; `.grad` is never touched, since
    frozen weights gather none.
    """
    modes = [(module, module.training) for module in model.modules()]
    asked = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        model.eval()
        for parameter, _ in asked:
            parameter.requires_grad_(False)
        with torch.inference_mode(mode=False), torch.enable_grad():
            yield model
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, required in asked:
            parameter.requires_grad_(required)
