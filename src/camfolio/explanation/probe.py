"""Activations of layers and the gradients of the targets' logits with respect to them; the model is restored afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from camfolio.errors import ExplanationError
from camfolio.explanation.layout import FEATURE_MAPS, Layout


class NoGradientError(ExplanationError):
    """The logits have no gradient with respect to a layer.

    Attributes:
        layer: its full name.
    """

    def __init__(self, layer: str) -> None:
        super().__init__(
            f"Expected a layer that the logits depend on, but they do not depend on {layer}. Choose another layer."
        )
        self.layer = layer


@dataclass(frozen=True)
class LayerReading:
    """Activations and gradients of one batch at one layer.

    Attributes:
        logits: (batch, classes), the model's output.
        target: (batch,) the class that is explained.
        activations: (batch, channels, h, w) A, the layer's output, or the cells in it (see `layout`).
        computed_gradients: (batch, channels, h, w) dy/dA, y the target's logit, or its margin over another class; None
            if the method is registered without gradients.
        apart: class tokens of the layer's output, or nothing.
    """

    logits: Float[Tensor, "batch classes"]
    target: Int64[Tensor, " batch"]
    activations: Float[Tensor, "batch channels h w"]
    computed_gradients: Float[Tensor, "batch channels h w"] | None = None
    apart: Tensor | None = None

    @property
    def gradients(self) -> Float[Tensor, "batch channels h w"]:
        """dy/dA.

        Raises:
            ExplanationError: if the method is registered as one that needs none.
        """
        if self.computed_gradients is None:
            msg = "Expected a method that is registered with gradients, but got one without. Add gradient=True to @method."
            raise ExplanationError(msg)
        return self.computed_gradients


def read(
    model: nn.Module,
    layers: Mapping[str, nn.Module],
    images: Float[Tensor, "batch ..."],
    target: Int64[Tensor, " batch"] | None,
    comparisons: Sequence[float | None] = (0.0,),
    *,
    layout: Layout = FEATURE_MAPS,
) -> list[dict[str, LayerReading]]:
    """One forward pass, and per comparison one backward pass that ends at the earliest of the layers.

    The output of a layer that depends on no other of them is replaced by a leaf of the graph, so nothing before it is
    recorded. One copy is kept and another continues through the model, since an in-place ReLU would overwrite a shared
    one.

    Args:
        model: borrowed, that is in evaluation mode and frozen, with gradients switched on (see `borrowed`).
        layers: modules of the model by name.
        images: the model's input.
        target: class per image; None takes the predicted ones.
        comparisons: a of y - a y' (see `margin`), one backward pass each; 0 is the target's logit alone, None for
            no gradients.
        layout: of the layers' outputs, which fit it (see `trial`).

    Returns:
        Per comparison: name of the layer -> its reading.

    Raises:
        ExplanationError: if the logits have no gradient with respect to a layer or are not (batch, classes), or a target has
            no logit.
    """
    pixels = (images.shape[2], images.shape[3])
    kept: dict[str, tuple[Tensor, Tensor]] = {}
    handles = [
        module.register_forward_hook(partial(keep, kept, name, layout, pixels)) for name, module in layers.items()
    ]
    backward = [comparison for comparison in comparisons if comparison is not None]
    try:
        with torch.set_grad_enabled(bool(backward)):
            logits = model(images)
    finally:
        for handle in handles:
            handle.remove()
    cells = {name: kept[name][0] for name in layers}
    check_logits(logits)
    if target is None:
        target = class_scores(logits.detach()).argmax(1)
    check_range(target, class_scores(logits).shape[1])
    plain = {name: LayerReading(logits.detach(), target, cells[name].detach(), apart=kept[name][1]) for name in layers}
    readings = []
    for comparison in comparisons:
        gradients: Mapping[str, Tensor | None] = dict.fromkeys(cells)
        if comparison is not None:
            again = comparison != backward[-1]
            gradients = gradients_of(margin(logits, target, comparison), cells, again=again)
        readings.append({name: replace(plain[name], computed_gradients=gradients[name]) for name in cells})
    return readings


def keep(
    kept: dict[str, tuple[Tensor, Tensor]],
    name: str,
    layout: Layout,
    pixels: tuple[int, int],
    _module: nn.Module,
    _inputs: object,
    output: Tensor,
) -> Tensor:
    """A hook that keeps a copy of the cells of a layer's output, and what else it holds, and passes on another copy."""
    copy = layout.cells(output, pixels).clone()
    cells = copy if copy.requires_grad else copy.detach().requires_grad_()
    kept[name] = cells, layout.apart(output).detach().clone()
    return layout.output(cells.clone(), layout.apart(output))


def gradients_of(scores: Float[Tensor, " batch"], cells: Mapping[str, Tensor], *, again: bool) -> dict[str, Tensor]:
    """The gradient of every image's own score at every layer; `again` keeps the graph for another pass."""
    found: Sequence[Tensor | None] = [None] * len(cells)
    if scores.requires_grad:  # otherwise the logits depend on no layer
        found = torch.autograd.grad(scores.sum(), list(cells.values()), retain_graph=again, allow_unused=True)
    gradients = {name: gradient for name, gradient in zip(cells, found, strict=True) if gradient is not None}
    idle = [name for name in cells if name not in gradients]
    if idle:
        raise NoGradientError(idle[0])
    return gradients


def class_scores(logits: Float[Tensor, "batch classes"]) -> Float[Tensor, "batch scores"]:
    """One column per class: of a single logit z for "yes" these are -z (class 0) and z (class 1)."""
    return torch.cat([-logits, logits], 1) if logits.shape[1] == 1 else logits


def target_score(logits: Float[Tensor, "batch classes"], target: Int64[Tensor, " batch"]) -> Float[Tensor, " batch"]:
    """y: the target's logit."""
    return class_scores(logits).gather(1, target.unsqueeze(1)).squeeze(1)


def margin(
    logits: Float[Tensor, "batch classes"], target: Int64[Tensor, " batch"], comparison: float
) -> Float[Tensor, " batch"]:
    """Y - a y', y' the largest logit among the other classes; with a = 0, or of a single logit, just y."""
    score = target_score(logits, target)
    if not comparison or logits.shape[1] == 1:
        return score
    others = class_scores(logits).scatter(1, target.unsqueeze(1), -torch.inf)
    return score - comparison * others.max(1).values


def check_logits(logits: object) -> None:
    """Check that there is one row of logits per image."""
    if not isinstance(logits, Tensor) or logits.ndim != 2:  # noqa: PLR2004 - images and classes
        found = f"has shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else f"is a {type(logits).__name__}"
        msg = f"Expected a model with logits of shape (images, classes), but its output {found}."
        raise ExplanationError(msg)


def check_range(target: Int64[Tensor, " batch"], classes: int) -> None:
    """Check that every target has a logit."""
    odd = target[(target < 0) | (target >= classes)]
    if len(odd):
        msg = f"Expected targets from 0 to {classes - 1}, but got {int(odd[0])}."
        raise ExplanationError(msg)


@contextmanager
def borrowed(model: nn.Module) -> Iterator[nn.Module]:
    """The model in evaluation mode with all weights frozen; restored afterwards, also after an exception.

    Gradients can be computed inside, also if the caller is under `no_grad` or `inference_mode`.

    The mode of every submodule and `requires_grad` of every parameter are restored; `.grad` is never changed, since
    frozen weights accumulate none.
    """
    modes = [(module, module.training) for module in model.modules()]
    required = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        model.eval()
        for parameter, _ in required:
            parameter.requires_grad_(False)
        with torch.inference_mode(mode=False), torch.enable_grad():
            yield model
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, before in required:
            parameter.requires_grad_(before)
