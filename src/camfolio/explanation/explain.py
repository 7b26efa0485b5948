"""The sweep: all methods for all images, in chunks of one fixed size, with the model given back as it came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

import camfolio.explanation.methods  # noqa: F401 - enters the methods
from camfolio.errors import ExplanationError
from camfolio.explanation.maps import Explanation
from camfolio.explanation.probe import Reading, borrowed, read
from camfolio.explanation.registry import Batch, Method, find_method
from camfolio.network import find_layer

CHUNK = 32
Track = Callable[[Iterable[int], int, str], Iterator[int]]


@dataclass(frozen=True)
class Sweep:
    """What is asked of every chunk: a model, its layers by name, methods by name, and what Finer-CAM compares."""

    model: nn.Module
    layers: Mapping[str, nn.Module]
    methods: Mapping[str, Method]
    comparison: float

    def weight(self, method: str) -> float:
        """A of y - a y' in the gradients that a method receives."""
        return self.comparison if self.methods[method].finer else 0.0


@dataclass(frozen=True)
class Part:
    """One chunk's results on the CPU; `signed` is layer -> method -> maps."""

    target: Tensor
    logits: Tensor
    signed: dict[str, dict[str, Tensor]]


def explain(
    model: nn.Module,
    images: Float[Tensor, "images ..."],
    layer: str | Sequence[str] = "layer2.1.conv2",
    methods: Sequence[str] = ("grad_cam", "hires_cam", "score_cam"),
    targets: Int64[Tensor, " images"] | Sequence[int] | int | None = None,
    *,
    comparison: float = 1.0,
    track: Track | None = None,
) -> Explanation:
    """Class-activation maps of a model.

    One forward pass and one backward pass, which ends at the earliest layer, serve all gradient methods at all layers;
    Finer-CAM adds one backward pass, Score-CAM and Ablation-CAM one forward pass per channel. Every pass has the same
    fixed number of images (the last chunk is padded): a map does not depend on which images stand beside it.

    Args:
        model: any module from images to logits (N, classes); it comes back as it was: modes, `requires_grad`, `.grad`,
            hooks, also after an exception. A single logit (N, 1) has two classes: target 1 is the logit, 0 its negative.
        images: (N, channels, height, width) as the model takes them, in its precision; the maps are in it, too.
        layer: full name of a layer with feature maps that runs once; or several, of which the first is the focus.
        methods: names from `camfolio.explanation.registry.METHODS`, or MODULE.NAME of a method of your own.
        targets: class to explain per image; one number is meant for all images; None explains the predicted ones.
        comparison: a of y - a y' that Finer-CAM explains, y' the strongest other class's logit.
        track: wraps the loop over chunks to show progress: (indices, total, description) -> indices.

    Raises:
        NetworkError: for a layer that does not exist, with the list of those that do.
        ExplanationError: for a method that does not exist, no images, NaN in them or in the logits, targets that are no
            classes of the model, or a layer without feature maps (see `probe.read`).
    """
    entries = {method: find_method(method) for method in methods}
    check_images(images)
    wanted = None if targets is None else check_targets(targets, len(images))
    names = check_layers([layer] if isinstance(layer, str) else list(layer))
    sweep = Sweep(model, {name: find_layer(model, name) for name in names}, entries, comparison)
    starts = range(0, len(images), CHUNK)
    steps = track(starts, len(starts), "maps") if track else iter(starts)
    with borrowed(model):
        parts = [explain_chunk(sweep, images, start, wanted) for start in steps]
    signed = {
        name: {method: torch.cat([part.signed[name][method] for part in parts]) for method in entries}
        for name in sweep.layers
    }
    return Explanation(
        layer=names[0],
        targets=torch.cat([part.target for part in parts]),
        logits=torch.cat([part.logits for part in parts]),
        signed=signed.pop(names[0]),
        others=signed,
    )


def explain_chunk(sweep: Sweep, images: Tensor, start: int, targets: Tensor | None) -> Part:
    """Targets, logits and maps of up to CHUNK images; the last image fills the chunk up to its fixed size."""
    index = torch.arange(start, start + CHUNK).clamp_max(len(images) - 1)
    real = min(CHUNK, len(images) - start)
    device = next((parameter.device for parameter in sweep.model.parameters()), images.device)
    chunk = images.detach()[index].to(device)
    comparisons = sorted({sweep.weight(method) for method in sweep.methods}) or [0.0]
    # A copy goes in: a model may begin with an in-place operation.
    target = None if targets is None else targets[index].to(device)
    readings = dict(zip(comparisons, read(sweep.model, sweep.layers, chunk.clone(), target, comparisons), strict=True))
    first = next(iter(readings[comparisons[0]].values()))
    check_logits_are_finite(first.logits[:real], start)
    signed: dict[str, dict[str, Tensor]] = {name: {} for name in sweep.layers}
    with torch.no_grad():
        for name, layer in sweep.layers.items():
            for method, entry in sweep.methods.items():
                batch = make_batch(sweep.model, layer, readings[sweep.weight(method)][name], chunk)
                signed[name][method] = entry(batch)[:real].cpu()
    return Part(first.target[:real].cpu(), first.logits[:real].cpu(), signed)


def make_batch(model: nn.Module, layer: nn.Module, reading: Reading, images: Tensor) -> Batch:
    """What a method may use, with the two ways to ask the model again."""

    @torch.inference_mode()
    def forward(masked: Tensor) -> Tensor:
        logits: Tensor = model(masked)
        return logits

    @torch.inference_mode()
    def onward(activations: Tensor) -> Tensor:
        handle = layer.register_forward_hook(lambda *_: activations.clone())
        try:
            return forward(images.clone())
        finally:
            handle.remove()

    return Batch(reading, images, forward, onward)


def check_layers(names: list[str]) -> list[str]:
    """There are layers, each once."""
    if not names or len(set(names)) < len(names):
        msg = f"Expected at least one layer and every layer once, but got {names}."
        raise ExplanationError(msg)
    return names


def check_images(images: Tensor) -> None:
    """There are images, and they are numbers."""
    if len(images) == 0:
        msg = "Expected at least one image, but got a batch of none."
        raise ExplanationError(msg)
    if not bool(torch.isfinite(images).all()):
        first = int((~torch.isfinite(images)).flatten(1).any(1).nonzero()[0])
        msg = f"Expected finite images, but image {first} holds NaN or infinity."
        raise ExplanationError(msg)


def check_logits_are_finite(logits: Tensor, start: int) -> None:
    """The model gives an answer to every image."""
    if not bool(torch.isfinite(logits).all()):
        first = start + int((~torch.isfinite(logits)).any(1).nonzero()[0])
        msg = f"Expected finite logits, but image {first} gives NaN or infinity. Check the weights, or use float32."
        raise ExplanationError(msg)


def check_targets(targets: Tensor | Sequence[int] | int, count: int) -> Tensor:
    """One class per image; one number is the class of all of them."""
    wanted = torch.as_tensor(targets)
    if isinstance(targets, int):
        wanted = wanted.expand(count)
    if wanted.shape != (count,):
        msg = f"Expected one target for each of the {count} images, but got shape {tuple(wanted.shape)}."
        raise ExplanationError(msg)
    if wanted.is_floating_point():
        msg = f"Expected whole numbers as targets, but got {wanted.dtype}."
        raise ExplanationError(msg)
    return wanted.long()
