"""Maps of all images by all methods, in chunks of one fixed size; the model is restored afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

import camfolio
import camfolio.explanation.methods  # registers the methods
from camfolio.errors import ExplanationError, NetworkError
from camfolio.explanation.arguments import as_images, as_targets, layer_names, the_network
from camfolio.explanation.batch import Batch
from camfolio.explanation.centres import measured_centres
from camfolio.explanation.layout import Layout, Reshape
from camfolio.explanation.maps import Explanation
from camfolio.explanation.probe import borrowed, read
from camfolio.explanation.registry import Method, find_method
from camfolio.explanation.speed.lanes import make_lanes
from camfolio.explanation.speed.tail import Onward, lazily, onward_from
from camfolio.explanation.trial import try_image, try_layers
from camfolio.network.agreement import check_answers, trial_images
from camfolio.network.onnx import Forward, check_logits

Track = Callable[[Iterable[Any], int, str], Iterator[Any]]
Layers = str | nn.Module | Sequence[str | nn.Module]
Targets = Tensor | np.ndarray | np.integer | int | Sequence[int | np.integer | Tensor]
Explained = Literal["logit", "margin"]
TRIED = 4
"""Images on which a model must always give the same logits."""


@dataclass(frozen=True)
class Sweep:
    """What every chunk is explained with: images and targets, layers and methods by name, Finer-CAM's comparison,
    and the value of masked pixels.

    `own_comparison` is a of y - a y' of the methods that are not finer: 1 for margins, 0 for logits.
    `forward`, if there is one, replaces the model where no gradients are needed; `tail` gives the passes that run only
    the network after a layer; `layout` is that of the layers' outputs.
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
    layout: Layout

    def onward(self, model: nn.Module, layer: str, chunk: Tensor, apart: Tensor | None) -> Onward:
        """Forward passes of a chunk's images from the cells of a layer on; `apart` is what else its output holds."""
        forward = self.tail(model, layer)(chunk)
        return lambda rows, cells: forward(
            rows, self.layout.output(cells, cells[:, :0] if apart is None else apart[rows])
        )

    def weight(self, method: str) -> float | None:
        """A of y - a y' in the gradients that a method receives; None if it receives none."""
        entry = self.methods[method]
        return (self.comparison if entry.finer else self.own_comparison) if entry.gradient else None

    def modules(self, model: nn.Module) -> dict[str, nn.Module]:
        """The layers of a model by name."""
        return {name: model.get_submodule(name) for name in self.layers}

    @property
    def weights(self) -> list[float | None]:
        """Every weight once."""
        return list(dict.fromkeys(self.weight(method) for method in self.methods)) or [None]


@dataclass(frozen=True)
class Part:
    """One chunk's results on the CPU; `signed` is layer -> method -> maps."""

    target: Tensor
    logits: Tensor
    signed: dict[str, dict[str, Tensor]]


def explain(
    model: nn.Module,
    images: Tensor | np.ndarray,
    layer: Layers = "layer2.1.conv2",
    methods: str | Sequence[str] = ("grad_cam", "hires_cam", "score_cam"),
    targets: Targets | None = None,
    *,
    explains: Explained = "logit",
    comparison: float = 1.0,
    masked: float = 0.0,
    reshape: Reshape | None = None,
    class_tokens: int = 0,
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
        images: (N, channels, height, width) as the model takes them, in its precision; the maps are in it, too. An array of
            floating-point numbers is converted to the precision of the weights; (1, height, width) is one image.
        layer: a layer with feature maps that runs once, its full name or the module itself; or several, of which the first is
            the focus.
        methods: names from `camfolio.explanation.registry.METHODS`, or MODULE.NAME of a method in user code.
        targets: class to explain per image; a single number applies to all images; None explains the predicted ones.
        explains: the target's logit y, or its `margin` y - y' over the strongest other class. Of two logits only the
            difference is trained and decides the probability; of a single logit the margin is the logit itself.
        comparison: a of y - a y' that Finer-CAM explains, y' the strongest other class's logit.
        masked: value that pixels masked by Score-CAM get, in what the model receives; 0 is the paper's product of image
            and mask. If 0 is not what an image looks like where there is nothing, choose such a value.
        reshape: what the layers' outputs are if not (batch, channels, rows, columns): `channels_last` for (batch, rows,
            columns, channels), as in Swin transformers; `tokens` for (batch, tokens, channels), row by row, as in vision
            transformers.
        class_tokens: leading tokens that are no cells: class tokens and registers.
        forward: the model's forward pass where no gradients are needed (Score-CAM's masked images), such as
            `camfolio.network.onnx.load_forward` makes from an ONNX file of it; None: the model itself.
        track: wraps the finished chunks to show progress: (chunks, total, description) -> chunks.

    Raises:
        NetworkError: for a layer that does not exist, with the list of those that do, or a model whose logits of an image are
            not always the same, or depend on the other images.
        ExplanationError: for a method that does not exist, images that are none or that the model refuses, NaN in them or in
            the logits, targets that are no classes of the model, or a layer without feature maps (see `trial.try_layers`).

    Examples:
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
        >>> result = explain(model, torch.rand(3, 1, 16, 16), layer="0", methods=["grad_cam", "hires_cam"])
        >>> result.maps["grad_cam"].shape, result.upsampled("hires_cam", 32).shape
        (torch.Size([3, 16, 16]), torch.Size([3, 32, 32]))
        >>> result.layer, result.methods, result.network
        ('0', ('grad_cam', 'hires_cam'), 'torch.nn.modules.container.Sequential')
    """
    entries = {method: find_method(method) for method in ([methods] if isinstance(methods, str) else methods)}
    model = the_network(model)
    images = as_images(images, model)
    wanted = None if targets is None else as_targets(targets, len(images))
    names = layer_names(layer, model)
    layout = Layout(reshape, class_tokens)
    first = images[:1].detach().to(device_of(model, images))
    with borrowed(model):
        try_image(model, first)
        lanes = make_lanes(model, names, first)
        check_answers(model, trial_images(first, min(TRIED, lanes.size)))
        if forward:
            check_forward(lanes.models[0], forward, first)
        tail = cache(partial(onward_from, image=first))
        own = 1.0 if explains == "margin" else 0.0
        sweep = Sweep(images, wanted, names, entries, own, comparison, masked, lanes.size, forward, tail, layout)
        try_layers(lanes.models[0], sweep.modules(lanes.models[0]), first, layout, sweep.weights)
        starts = range(0, len(images), lanes.size)
        chunks = lanes.run(partial(explain_chunk, sweep), starts)
        parts: list[Part] = list(track(chunks, len(starts), "batches of maps") if track else chunks)
        centres = {name: measured_centres(model, name, first, layout) for name in names}
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
    index = torch.arange(start, start + sweep.size, device="cpu").clamp_max(len(sweep.images) - 1)
    real = min(sweep.size, len(sweep.images) - start)
    device = device_of(model, sweep.images)
    chunk = sweep.images.detach()[index].to(device)
    target = None if sweep.targets is None else sweep.targets[index].to(device)
    layers = sweep.modules(model)
    weights = sweep.weights
    # A copy goes in: a model may begin with an in-place operation.
    readings = dict(zip(weights, read(model, layers, chunk.clone(), target, weights, layout=sweep.layout), strict=True))
    some = next(iter(readings[weights[0]].values()))
    check_logits_are_finite(some.logits[:real], start)
    signed: dict[str, dict[str, Tensor]] = {name: {} for name in layers}
    with torch.no_grad():
        for name in layers:
            apart = readings[weights[0]][name].apart
            onward = lazily(partial(sweep.onward, model, name, chunk, apart))
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


def check_logits_are_finite(logits: Tensor, start: int) -> None:
    """Check the logits of a chunk whose first image has the number `start`."""
    if not bool(torch.isfinite(logits).all()):
        first = start + int((~torch.isfinite(logits)).any(1).nonzero()[0])
        msg = f"Expected finite logits, but image {first} gives NaN or infinity. Check the weights, or use float32."
        raise ExplanationError(msg)
