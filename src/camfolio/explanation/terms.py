"""What each method adds up on one image: channels, their weights, and what a weight is computed from; for pictures of a method.

A method (see `methods`) computes its map of many images at once. Here the same definition is taken apart: weights times
channels, summed over the channels, is the method's signed map, which `taken_apart` checks. A method without an entry in
`TERMS`, such as one from user code that adds nothing up, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from camfolio.errors import ExplanationError
from camfolio.explanation.batch import Batch, Rows
from camfolio.explanation.centres import measured_centres
from camfolio.explanation.channels import at_least_single, unit_range
from camfolio.explanation.explain import Sweep, explain_chunk
from camfolio.explanation.layout import FEATURE_MAPS, Layout
from camfolio.explanation.maps import enlarge
from camfolio.explanation.methods.xgrad_cam import CANCELLED
from camfolio.explanation.probe import borrowed
from camfolio.explanation.registry import Method, find_method
from camfolio.explanation.speed.tail import onward_from
from camfolio.vocabulary import FINER

ROUNDING = 1e-4
"""By how much a sum of terms may differ from the method's own map, as a share of the largest sum of magnitudes at a cell."""


@dataclass(frozen=True)
class Terms:
    """The terms of a method's map of one image.

    Attributes:
        weighed_by: what the weights are, in a few words.
        channels: what is added up: the layer's activations or, of Eigen-CAM, these less each channel's mean.
        weights: one per channel, (channels, 1, 1), or one per cell of it.
        gradients: of the explained score, from which the weights are computed; None if they are not.
        masked: the image as the network received it, masked by each channel; None if it was not.
        probability: of the explained class, 0 to 1, of the image masked by each channel, or without each channel; None if no
            such pass was run.
    """

    weighed_by: str
    channels: Float[Tensor, "channels h w"]
    weights: Float[Tensor, "channels _h _w"]
    gradients: Float[Tensor, "channels h w"] | None = None
    masked: Float[Tensor, "channels height width"] | None = None
    probability: Float[Tensor, " channels"] | None = None

    @property
    def products(self) -> Float[Tensor, "channels h w"]:
        """Weights times channels; their sum is the signed map."""
        return self.weights * self.channels


@dataclass(frozen=True)
class TakenApart:
    """One method on one image: its terms, the map before its ReLU, and the map enlarged to the image."""

    terms: Terms
    signed: Float[Tensor, "h w"]
    enlarged: Float[Tensor, "height width"]


Take = Callable[[Batch], Terms]
TERMS: dict[str, Take] = {}
"""Name of a method, as `@method` registers it -> its terms of the first image of a batch."""


def terms(name: str) -> Callable[[Take], Take]:
    """Register the terms of the method `name`, and of its Finer variant: `@terms("edge_cam")` in the file of that method."""

    def register(take: Take) -> Take:
        TERMS[name] = take
        return take

    return register


def taken_apart(
    model: nn.Module,
    image: Float[Tensor, "1 channels height width"],
    layer: str,
    methods: Sequence[str],
    target: int,
    *,
    explains_margin: bool,
    comparison: float = 1.0,
    masked: float = 0.0,
    layout: Layout = FEATURE_MAPS,
) -> dict[str, TakenApart]:
    """Every method that has terms, on one image; the model is restored afterwards.

    Args:
        model: on the device of the image; a network that `explain` accepts.
        image: as the model takes it.
        layer: full name of the layer.
        methods: as in `explain`.
        target: the explained class.
        explains_margin: whether the margin is explained, or the logit.
        comparison: a of y - a y' that Finer-CAM explains.
        masked: value that masked pixels get.
        layout: of the layer's output.

    Raises:
        ExplanationError: if the terms of a method do not add up to its map.
    """
    entries = {name: entry for name in methods if plain(entry := find_method(name)) in TERMS}
    found: dict[str, Terms] = {}

    def recording(name: str, entry: Method) -> Method:
        def weigh(batch: Batch) -> Tensor:
            found[name] = TERMS[plain(entry)](batch)
            return entry(batch)

        return replace(entry, weigh=weigh)

    if not entries:
        return {}
    recorded = {name: recording(name, entry) for name, entry in entries.items()}
    tail = partial(onward_from, image=image)
    own, targets = float(explains_margin), torch.tensor([target], device=image.device)
    sweep = Sweep(image, targets, [layer], recorded, own, comparison, masked, 1, None, tail, layout)
    with borrowed(model):
        signed = explain_chunk(sweep, model, 0).signed[layer]
        centres = measured_centres(model, layer, image, layout)
    size = (image.shape[2], image.shape[3])
    result = {}
    for name, maps in signed.items():
        check_sum(name, found[name], maps[0])
        result[name] = TakenApart(found[name], maps[0], enlarge(maps.relu(), size, centres)[0])
    return result


def plain(entry: Method) -> str:
    """The name of a method without the prefix of a Finer variant, whose terms are the same function of other gradients."""
    return entry.name.removeprefix(FINER)


def check_sum(name: str, found: Terms, signed: Float[Tensor, "h w"]) -> None:
    """Check that terms add up to the method's own map."""
    products = found.products.double().cpu()
    far = float((products.sum(0) - signed.double()).abs().max())
    if not far <= ROUNDING * float(products.abs().sum(0).max()):
        msg = f"Expected terms of {name} that add up to its map, but got a sum that differs by {far:.3g}. Correct its @terms, or remove it."
        raise ExplanationError(msg)


def probability_of(batch: Batch, logits: Float[Tensor, "rows classes"]) -> Float[Tensor, " rows"]:
    """The probability of the first image's target, 0 to 1."""
    target = int(batch.reading.target[0])
    if logits.shape[1] == 1:
        return (logits[:, 0] if target else -logits[:, 0]).sigmoid()
    return logits.softmax(1)[:, target]


def scores_of(batch: Batch, logits: Float[Tensor, "rows classes"]) -> Float[Tensor, " rows"]:
    """The explained score of the first image's target."""
    return batch.score(logits, batch.reading.target[:1].expand(len(logits)))


@terms("grad_cam")
def grad_cam(batch: Batch) -> Terms:
    """The mean of each channel's gradient."""
    gradients = batch.reading.gradients[0]
    return Terms("mean gradient", batch.reading.activations[0], gradients.mean((1, 2), keepdim=True), gradients)


@terms("hires_cam")
def hires_cam(batch: Batch) -> Terms:
    """The gradient, cell by cell."""
    gradients = batch.reading.gradients[0]
    return Terms("gradient", batch.reading.activations[0], gradients, gradients)


@terms("layer_cam")
def layer_cam(batch: Batch) -> Terms:
    """The gradient where it is above zero, cell by cell."""
    gradients = batch.reading.gradients[0]
    return Terms("gradient above 0", batch.reading.activations[0], gradients.relu(), gradients)


@terms("xgrad_cam")
def xgrad_cam(batch: Batch) -> Terms:
    """The mean gradient, weighted by the activations; 0 where these cancel."""
    activations, gradients = at_least_single(batch.reading.activations[0]), batch.reading.gradients[0]
    total = activations.sum((1, 2), keepdim=True)
    cancelled = total.abs() <= CANCELLED * activations.abs().sum((1, 2), keepdim=True)
    weights = torch.where(cancelled, 0.0, (gradients * activations).sum((1, 2), keepdim=True) / total)
    return Terms("weighted gradient", activations, weights, gradients)


@terms("grad_cam_plus_plus")
def grad_cam_plus_plus(batch: Batch) -> Terms:
    """The gradients above zero, each with its own share, added up."""
    activations, gradients = (at_least_single(one[0]) for one in (batch.reading.activations, batch.reading.gradients))
    square = gradients**2
    denominator = 2 * square + (activations * gradients**3).sum((1, 2), keepdim=True)
    shares = torch.where(denominator == 0, 0.0, square / denominator)
    weights = (shares * gradients.relu()).sum((1, 2), keepdim=True)
    return Terms("gradients above 0", activations, weights, gradients)


@terms("score_cam")
def score_cam(batch: Batch) -> Terms:
    """The softmax, over the channels, of the score of the image masked by each of them."""
    channels, size = batch.reading.activations[0], batch.images.shape[2:]
    shown = unit_range(functional.interpolate(channels.unsqueeze(1), size, mode="bilinear", align_corners=False))
    images = batch.images[:1] * shown + batch.masked * (1 - shown)
    logits = batch.forward(images)
    weights = scores_of(batch, logits).softmax(0)[:, None, None]
    return Terms("masked by it", channels, weights, masked=images.mean(1), probability=probability_of(batch, logits))


@terms("ablation_cam")
def ablation_cam(batch: Batch) -> Terms:
    """The relative drop of the score without each channel."""
    channels = batch.reading.activations[0]

    def without(rows: Rows) -> Tensor:
        cells = channels.repeat(len(rows), 1, 1, 1)
        cells[torch.arange(len(rows), device="cpu"), rows] = 0
        return cells

    logits = batch.onward_each(without, torch.zeros(len(channels), dtype=torch.int64, device="cpu"))
    score, ablated = scores_of(batch, batch.reading.logits[:1]), scores_of(batch, logits)
    weights = torch.where(score == 0, 0.0, (score - ablated) / score)[:, None, None]
    return Terms("without it", channels, weights, probability=probability_of(batch, logits))


@terms("eigen_cam")
def eigen_cam(batch: Batch) -> Terms:
    """The first principal component of the cells' channels; the channels are taken less their means."""
    activations = at_least_single(batch.reading.activations[0])
    centred = activations - activations.mean((1, 2), keepdim=True)
    directions, _, _ = torch.linalg.svd(centred.flatten(1), full_matrices=False)
    weights = directions[:, 0]
    projected = (weights[:, None, None] * centred).sum(0).flatten()
    farthest = projected[projected.abs().argmax()]
    return Terms("first component", centred, (weights * farthest.sign())[:, None, None])
