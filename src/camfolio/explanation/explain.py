"""Maps of all images by all methods, in chunks of one fixed size; the model is restored afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

import camfolio
import camfolio.explanation.methods  # registers the methods
from camfolio.errors import ExplanationError, NetworkError
from camfolio.explanation.batch import Batch
from camfolio.explanation.centres import measured_centres
from camfolio.explanation.maps import Explanation
from camfolio.explanation.probe import borrowed, read
from camfolio.explanation.registry import Method, find_method
from camfolio.explanation.speed.lanes import make_lanes
from camfolio.explanation.speed.tail import Onward, lazily, onward_from
from camfolio.network.agreement import check_answers, trial_images
from camfolio.network.architecture import find_layer
from camfolio.network.onnx import Forward, check_logits

Track = Callable[[Iterable[Any], int, str], Iterator[Any]]

Explained = Literal["logit", "margin"]
TRIED = 4
"""Images on which a model must always give the same logits."""


@dataclass(frozen=True)
class Sweep:
    """What every chunk is explained with: images and targets, layers and methods by name, Finer-CAM's comparison,
    and the value of masked pixels.

    `own_comparison` is a of y - a y' of the methods that are not finer: 1 for margins, 0 for logits.
    `forward`, if there is one, replaces the model where no gradients are needed; `tail` gives the passes that run only
    the network after a layer.
    """

    images: Tensor
    targets: Tensor | None
    layers: Sequence[str]
    methods: Mapping[str, Method]
    own_comparison: float
    comparison: float
    masked: float
    size: int
    forward: Forward | None
    tail: Callable[[nn.Module, str], Callable[[Tensor], Onward]]

    def onward(self, model: nn.Module, layer: str, chunk: Tensor) -> Onward:
        """Forward passes of a chunk's images from a layer on."""
        return self.tail(model, layer)(chunk)

    def weight(self, method: str) -> float | None:
        """A of y - a y' in the gradients that a method receives; None if it receives none."""
        entry = self.methods[method]
        return (self.comparison if entry.finer else self.own_comparison) if entry.gradient else None


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
    explains: Explained = "logit",
    comparison: float = 1.0,
    masked: float = 0.0,
    forward: Forward | None = None,
    track: Track | None = None,
) -> Explanation:
    """Class-activation maps of a model.

    One forward pass and one backward pass, which ends at the earliest layer, serve all gradient methods at all layers;
    Finer-CAM adds one backward pass, Score-CAM one forward pass per channel, and so does Ablation-CAM, of a model that
    can be traced only of the part after the layer. Every pass has the same fixed number of images (the last one is
    filled up): a map does not depend on the other images. On a CPU as many passes run in parallel as torch
    has threads. Memory does not grow with the number of images, apart from the maps themselves; every thread's share of
    it is stated in `explanation.speed.lanes.MEMORY`.

    Args:
        model: any module from images to logits (N, classes); it comes back as it was: modes, `requires_grad`, `.grad`,
            hooks, also after an exception. A single logit (N, 1) has two classes: target 1 is the logit, 0 its negative.
        images: (N, channels, height, width) as the model takes them, in its precision; the maps are in it, too.
        layer: full name of a layer with feature maps that runs once; or several, of which the first is the focus.
        methods: names from `camfolio.explanation.registry.METHODS`, or MODULE.NAME of a method in user code.
        targets: class to explain per image; a single number applies to all images; None explains the predicted ones.
        explains: the target's logit y, or its `margin` y - y' over the strongest other class. Of two logits only the
            difference is trained and decides the probability; of a single logit the margin is the logit itself.
        comparison: a of y - a y' that Finer-CAM explains, y' the strongest other class's logit.
        masked: value that pixels masked by Score-CAM get, in what the model receives; 0 is the paper's product of image
            and mask. If 0 is not what an image looks like where there is nothing, choose such a value.
        forward: the model's forward pass where no gradients are needed (Score-CAM's masked images), such as
            `camfolio.network.onnx.load_forward` makes from an ONNX file of it; None: the model itself.
        track: wraps the finished chunks to show progress: (chunks, total, description) -> chunks.

    Raises:
        NetworkError: for a layer that does not exist, with the list of those that do, or a model whose logits of an image are
            not always the same, or depend on the other images.
        ExplanationError: for a method that does not exist, no images, NaN in them or in the logits, targets that are no
            classes of the model, or a layer without feature maps (see `probe.read`).

    Examples:
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
        >>> result = explain(model, torch.rand(3, 1, 16, 16), layer="0", methods=["grad_cam", "hires_cam"])
        >>> result.maps["grad_cam"].shape, result.upsampled("hires_cam", 32).shape
        (torch.Size([3, 16, 16]), torch.Size([3, 32, 32]))
        >>> result.layer, result.methods, result.network
        ('0', ('grad_cam', 'hires_cam'), 'torch.nn.modules.container.Sequential')
    """
    entries = {method: find_method(method) for method in methods}
    check_images(images)
    wanted = None if targets is None else check_targets(targets, len(images))
    names = check_layers([layer] if isinstance(layer, str) else list(layer))
    for name in names:
        find_layer(model, name)
    first = images[:1].detach().to(device_of(model, images))
    with borrowed(model):
        lanes = make_lanes(model, names, first)
        check_answers(model, trial_images(first, min(TRIED, lanes.size)))
        if forward:
            check_forward(lanes.models[0], forward, first)
        tail = cache(partial(onward_from, image=first))
        own = 1.0 if explains == "margin" else 0.0
        sweep = Sweep(images, wanted, names, entries, own, comparison, masked, lanes.size, forward, tail)
        starts = range(0, len(images), lanes.size)
        chunks = lanes.run(partial(explain_chunk, sweep), starts)
        parts: list[Part] = list(track(chunks, len(starts), "batches of maps") if track else chunks)
        centres = {name: measured_centres(model, name, first) for name in names}
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
        centres=centres,
        network=f"{type(model).__module__}.{type(model).__qualname__}",
        versions={"camfolio": camfolio.__version__, "torch": torch.__version__},
    )


def device_of(model: nn.Module, images: Tensor) -> torch.device:
    """Where a model's weights are; for one without weights, where the images are."""
    return next((parameter.device for parameter in model.parameters()), images.device)


def explain_chunk(sweep: Sweep, model: nn.Module, start: int) -> Part:
    """Targets, logits and maps of up to `size` images; the last image fills the chunk up."""
    index = torch.arange(start, start + sweep.size).clamp_max(len(sweep.images) - 1)
    real = min(sweep.size, len(sweep.images) - start)
    device = device_of(model, sweep.images)
    chunk = sweep.images.detach()[index].to(device)
    target = None if sweep.targets is None else sweep.targets[index].to(device)
    layers = {name: model.get_submodule(name) for name in sweep.layers}
    weights = list(dict.fromkeys(sweep.weight(method) for method in sweep.methods)) or [None]
    # A copy goes in: a model may begin with an in-place operation.
    readings = dict(zip(weights, read(model, layers, chunk.clone(), target, weights), strict=True))
    some = next(iter(readings[weights[0]].values()))
    check_logits_are_finite(some.logits[:real], start)
    signed: dict[str, dict[str, Tensor]] = {name: {} for name in layers}
    with torch.no_grad():
        for name in layers:
            onward = lazily(partial(sweep.onward, model, name, chunk))
            for method, entry in sweep.methods.items():
                reading = readings[sweep.weight(method)][name]
                batch = Batch(
                    reading, chunk, sweep.forward or model, onward, real, sweep.size, sweep.masked, sweep.own_comparison
                )
                signed[name][method] = entry(batch)[:real].cpu()
    return Part(some.target[:real].cpu(), some.logits[:real].cpu(), signed)


def check_forward(model: nn.Module, forward: Forward, image: Tensor) -> None:
    """Check that `forward` gives the model's logits."""
    try:
        check_logits(model, forward, image)
    except NetworkError as error:
        msg = f"Expected forward to be the model's own forward pass. {error}. Export the model again, or leave it out."
        raise ExplanationError(msg) from error


def check_layers(names: list[str]) -> list[str]:
    """Check that there are layers, and each only once."""
    if not names or len(set(names)) < len(names):
        msg = f"Expected at least one layer and every layer once, but got {names}."
        raise ExplanationError(msg)
    return names


def check_images(images: Tensor) -> None:
    """Raises if there are no images or a value is not finite."""
    if len(images) == 0:
        msg = "Expected at least one image, but got a batch of none."
        raise ExplanationError(msg)
    if not bool(torch.isfinite(images).all()):
        first = int((~torch.isfinite(images)).flatten(1).any(1).nonzero()[0])
        msg = f"Expected finite images, but image {first} holds NaN or infinity."
        raise ExplanationError(msg)


def check_logits_are_finite(logits: Tensor, start: int) -> None:
    """Check the logits of a chunk whose first image has the number `start`."""
    if not bool(torch.isfinite(logits).all()):
        first = start + int((~torch.isfinite(logits)).any(1).nonzero()[0])
        msg = f"Expected finite logits, but image {first} gives NaN or infinity. Check the weights, or use float32."
        raise ExplanationError(msg)


def check_targets(targets: Tensor | Sequence[int] | int, count: int) -> Tensor:
    """One class per image; a single number applies to all of them."""
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
