"""The sweep: all methods for all images, in chunks of one fixed size, with the model given back as it came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from camfolio.errors import ExplanationError, nearest
from camfolio.explanation.maps import Explanation
from camfolio.explanation.methods import METHODS, Batch
from camfolio.explanation.probe import borrowed, read
from camfolio.network import find_layer

CHUNK = 32
Track = Callable[[Iterable[int], int, str], Iterator[int]]


def explain(
    model: nn.Module,
    images: Float[Tensor, "images ..."],
    layer: str = "layer2.1.conv2",
    methods: Sequence[str] = ("grad_cam", "hires_cam", "score_cam"),
    targets: Int64[Tensor, " images"] | Sequence[int] | None = None,
    *,
    track: Track | None = None,
) -> Explanation:
    """Class-activation maps of a model.

    One forward pass and one backward pass, which ends at the layer, serve all gradient methods; Score-CAM adds one
    forward pass per channel. Every pass has the same fixed number of images (the last chunk is padded): a map does not
    depend on which images stand beside it.

    Args:
        model: any module from images to logits (N, classes); it comes back as it was: modes, `requires_grad`, `.grad`,
            hooks, also after an exception.
        images: (N, channels, height, width) as the model takes them, in its precision; the maps are in it, too.
        layer: full name of a layer with feature maps that runs once.
        methods: names from `camfolio.explanation.methods.METHODS`.
        targets: class to explain per image; None explains the predicted ones.
        track: wraps the loop over chunks to show progress: (indices, total, description) -> indices.

    Raises:
        NetworkError: for a layer that does not exist, with the list of those that do.
        ExplanationError: for a method that does not exist, no images, NaN in them, targets that are no classes of the
            model, or a layer without feature maps (see `probe.read`).
    """
    unknown = [method for method in methods if method not in METHODS]
    if unknown:
        msg = f"Expected a method, but got {unknown[0]!r}. {nearest(unknown[0], METHODS)}"
        raise ExplanationError(msg)
    check_images(images)
    wanted = None if targets is None else check_targets(torch.as_tensor(targets), len(images))
    module = find_layer(model, layer)
    starts = range(0, len(images), CHUNK)
    steps = track(starts, len(starts), "maps") if track else iter(starts)
    with borrowed(model):
        parts = [explain_chunk(model, module, images, start, methods=methods, targets=wanted) for start in steps]
    return Explanation(
        layer=layer,
        targets=torch.cat([target for target, _, _ in parts]),
        logits=torch.cat([logits for _, logits, _ in parts]),
        signed={method: torch.cat([signed[method] for _, _, signed in parts]) for method in methods},
    )


def explain_chunk(
    model: nn.Module,
    layer: nn.Module,
    images: Tensor,
    start: int,
    *,
    methods: Sequence[str],
    targets: Tensor | None,
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Targets, logits and maps of up to CHUNK images, on the CPU; the last image fills the chunk up to its fixed size."""
    index = torch.arange(start, start + CHUNK).clamp_max(len(images) - 1)
    real = min(CHUNK, len(images) - start)
    device = next((parameter.device for parameter in model.parameters()), images.device)
    chunk = images.detach()[index].to(device)
    # A copy goes in: a model may begin with an in-place operation.
    reading = read(model, layer, chunk.clone(), None if targets is None else targets[index].to(device))

    @torch.inference_mode()
    def forward(masked: Tensor) -> Tensor:
        logits: Tensor = model(masked)
        return logits

    batch = Batch(reading, chunk, forward)
    with torch.no_grad():
        signed = {method: METHODS[method](batch)[:real].cpu() for method in methods}
    return reading.target[:real].cpu(), reading.logits[:real].cpu(), signed


def check_images(images: Tensor) -> None:
    """There are images, and they are numbers."""
    if len(images) == 0:
        msg = "Expected at least one image, but got a batch of none."
        raise ExplanationError(msg)
    if not bool(torch.isfinite(images).all()):
        first = int((~torch.isfinite(images)).flatten(1).any(1).nonzero()[0])
        msg = f"Expected finite images, but image {first} holds NaN or infinity."
        raise ExplanationError(msg)


def check_targets(targets: Tensor, count: int) -> Tensor:
    """One class per image."""
    if targets.shape != (count,):
        msg = f"Expected one target for each of the {count} images, but got shape {tuple(targets.shape)}."
        raise ExplanationError(msg)
    if targets.is_floating_point():
        msg = f"Expected whole numbers as targets, but got {targets.dtype}."
        raise ExplanationError(msg)
    return targets.long()
