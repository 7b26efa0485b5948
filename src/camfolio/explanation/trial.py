"""The first image on trial: an error about a layer, its layout or the network is raised before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from camfolio.errors import ExplanationError
from camfolio.explanation.layout import Layout, layouts_of_shape
from camfolio.explanation.probe import NoGradientError, read
from camfolio.explanation.registry import METHODS

BANDS = 8
"""Bands of rows and of columns that are replaced by noise, one after the other."""
FEWEST_CELLS = 3
"""Rows or columns of cells from which on they can be told from channels."""
FOLLOWS, STAYS = 0.4, 0.1
"""Shares of the image by which the centre of what cells respond to moves, at least and at most."""
Outputs = dict[str, list[object]]


def try_image(model: nn.Module, image: Float[Tensor, "1 channels height width"]) -> None:
    """One forward pass.

    Raises:
        ExplanationError: if torch refuses the image, with its words.
    """
    try:
        with torch.no_grad():
            model(image.clone())
    except (RuntimeError, ValueError) as error:
        weight = next((weight for weight in model.parameters() if weight.is_floating_point()), image)
        remedy = f" Convert them to {weight.dtype}, as the weights are." if weight.dtype != image.dtype else ""
        msg = f"Expected images as the network takes them, but of one of shape {tuple(image.shape[1:])} and {image.dtype} it says: {first_line(error)}.{remedy}"
        raise ExplanationError(msg) from error


def try_layers(
    model: nn.Module,
    layers: Mapping[str, nn.Module],
    image: Float[Tensor, "1 channels height width"],
    layout: Layout,
    comparisons: Sequence[float | None],
) -> None:
    """Everything that maps need from layers, with one image.

    Args:
        model: borrowed (see `probe.borrowed`).
        layers: modules of the model by name.
        image: an input of the model.
        layout: of the layers' outputs.
        comparisons: as of `probe.read`.

    Raises:
        ExplanationError: if a layer does not run once, its output is no tensor of numbers or has another layout, or its cells
            do not lie on the image as rows and columns; if gradients are needed and there are none, because the layer is idle
            or because the network computes without them.
    """
    shapes = {name: the_output(name, outputs).shape for name, outputs in outputs_of(model, layers, image).items()}
    rows, columns = (responses(model, layers, image, axis) for axis in (2, 3))
    for name, shape in shapes.items():
        check_layout(name, tuple(shape), (image.shape[2], image.shape[3]), (rows[name], columns[name]), layout)
        if layout.class_tokens and not depends(model, layers[name], image, layout):
            msg = (
                f"Expected a layer whose cells the logits depend on, but of the tokens of {name} they depend on the class tokens only. "
                "Choose a layer before the last attention, such as the first norm of the last block."
            )
            raise ExplanationError(msg)
    try:
        read(model, layers, image.clone(), None, comparisons, layout=layout)
    except NoGradientError as error:
        if not depends(model, layers[error.layer], image, layout):
            raise
        msg = f"Expected a network whose logits have a gradient at {error.layer}, but they depend on it without one. {without_gradients()}"
        raise ExplanationError(msg) from error
    except RuntimeError as error:
        msg = f"Expected a network that computes gradients, but with them torch says: {first_line(error)}. {without_gradients()}"
        raise ExplanationError(msg) from error


def without_gradients() -> str:
    """What to do about a network that computes without gradients."""
    methods = ", ".join(sorted(name for name, entry in METHODS.items() if not entry.gradient))
    return (
        "The cause is the network: after this layer it has a step without gradients, such as detach, torch.no_grad, numpy, argmax "
        f"or quantised parts. Change that step, explain a layer after it, or use methods without gradients: {methods}."
    )


def first_line(error: Exception) -> str:
    """The first line of an exception's words, without a full stop."""
    return str(error).strip().partition("\n")[0].removesuffix(".")


def outputs_of(model: nn.Module, layers: Mapping[str, nn.Module], images: Tensor) -> Outputs:
    """All outputs of every layer in one forward pass without gradients."""
    found: Outputs = {name: [] for name in layers}
    handles = [module.register_forward_hook(partial(append_copy, found[name])) for name, module in layers.items()]
    try:
        with torch.no_grad():
            model(images.clone())
    finally:
        for handle in handles:
            handle.remove()
    return found


def append_copy(outputs: list[object], _module: nn.Module, _inputs: object, output: object) -> None:
    """A hook that keeps a copy of an output, which the network may overwrite."""
    outputs.append(output.clone() if isinstance(output, Tensor) else output)


def the_output(name: str, outputs: Sequence[object]) -> Tensor:
    """The one output of a layer, if it is a tensor of floating-point numbers."""
    if len(outputs) != 1:
        times = "not at all" if not outputs else f"{len(outputs)} times"
        msg = f"Expected a layer that runs once in a forward pass, but {name} ran {times}. Choose another layer."
        raise ExplanationError(msg)
    output = outputs[0]
    if isinstance(output, Tensor) and output.is_floating_point() and not output.is_quantized:
        return output
    if isinstance(output, Tensor) and output.is_quantized:
        msg = (
            f"Expected a layer with floating-point numbers, but the output of {name} is quantised ({output.dtype}). "
            "Pass the network as it was before quantisation."
        )
        raise ExplanationError(msg)
    got = f"of {output.dtype}" if isinstance(output, Tensor) else f"a {type(output).__name__}"
    msg = f"Expected a layer with feature maps, but the output of {name} is {got}. Choose another layer."
    raise ExplanationError(msg)


def depends(model: nn.Module, module: nn.Module, image: Tensor, layout: Layout) -> bool:
    """Whether the logits of an image change with the cells in the output of a layer."""
    pixels = (image.shape[2], image.shape[3])

    def scaled(_module: nn.Module, _inputs: object, output: Tensor, *, factor: float) -> Tensor:
        return layout.output(layout.cells(output, pixels) * factor, layout.apart(output))

    logits = []
    for factor in (1.0, 0.0, -1.0, 10.0):
        handle = module.register_forward_hook(partial(scaled, factor=factor))
        try:
            with torch.no_grad():
                logits.append(model(image.clone()))
        finally:
            handle.remove()
    return any(not torch.equal(logits[0], other) for other in logits[1:])


def responses(
    model: nn.Module, layers: Mapping[str, nn.Module], image: Tensor, axis: int
) -> dict[str, Float[Tensor, "bands ..."]]:
    """How much every number of the layers' outputs changes as bands of rows (axis 2) or columns (axis 3) become noise."""
    bands = min(BANDS, image.shape[axis])
    edges = [round(band * image.shape[axis] / bands) for band in range(bands + 1)]
    noise = torch.rand(image.shape, generator=torch.Generator("cpu").manual_seed(0), device="cpu").to(image)
    low, high = image.min(), image.max()
    if bool(high > low):  # a network may refuse what is out of the range of its images
        noise = low + (high - low) * noise
    outputs: dict[str, list[Tensor]] = {name: [] for name in layers}
    for start, end in [(0, 0), *pairwise(edges)]:
        changed = image.clone()
        changed.narrow(axis, start, end - start).copy_(noise.narrow(axis, start, end - start))
        for name, found in outputs_of(model, layers, changed).items():
            outputs[name].append(the_output(name, found).cpu().double())
    return {name: (torch.stack(changed) - before).abs().flatten(0, 1) for name, (before, *changed) in outputs.items()}


def check_layout(
    name: str, shape: tuple[int, ...], pixels: tuple[int, int], seen: tuple[Tensor, Tensor], layout: Layout
) -> None:
    """Check that the output of a layer has a layout: its shape, and that its cells lie on the image as rows and columns.

    Args:
        name: of the layer.
        shape: of its output for one image.
        pixels: rows and columns of the image.
        seen: `responses` to bands of rows and of columns.
        layout: what the output should have.

    Raises:
        ExplanationError: if not, with the layout that it has, if it is a known one.
    """
    odd = f"Expected a layer with output {layout.words}, but that of {name} has shape {shape}"
    if shape[0] != 1:
        msg = f"{odd} for one image: its first axis is not the batch. Choose another layer, such as a whole block."
        raise ExplanationError(msg)
    fits = layout.grid(shape, pixels) is not None
    if fits and not lies_askew(*(layout.cells(one, pixels) for one in seen)):
        return
    others = (other for other in layouts_of_shape(shape, pixels) if other != layout)
    known = [other for other in others if lies_straight(*(other.cells(one, pixels) for one in seen))]
    askew = ", whose axes do not follow the rows and columns of the image" if fits else ""
    remedy = known[0].setting if known else "Choose another layer, such as a whole block."
    msg = f"{odd}{askew}. {remedy}"
    raise ExplanationError(msg)


def lies_askew(rows: Float[Tensor, "bands channels h w"], columns: Float[Tensor, "_bands channels h w"]) -> bool:
    """Whether rows of cells rather respond to columns of the image, columns of cells to rows, or one of both to neither.

    Cells that respond to the whole image alike are not askew.

    Args:
        rows: responses of cells to bands of rows.
        columns: responses of cells to bands of columns.
    """
    down, across = moves(rows, 2), moves(columns, 3)
    if moves(columns, 2) > down + STAYS or moves(rows, 3) > across + STAYS:
        return True
    large_enough = min(rows.shape[2:]) >= FEWEST_CELLS
    return large_enough and min(down, across) < STAYS and max(down, across) > FOLLOWS


def lies_straight(rows: Float[Tensor, "bands channels h w"], columns: Float[Tensor, "_bands channels h w"]) -> bool:
    """Whether rows of cells respond to rows of the image, and columns to columns (see `lies_askew`)."""
    return not lies_askew(rows, columns) and min(moves(rows, 2), moves(columns, 3)) > STAYS


def moves(response: Float[Tensor, "bands channels h w"], axis: int) -> float:
    """How far the centre of the bands to which cells respond moves from the first row (axis 2) or column (axis 3) of cells to
    the last one, along a straight line through all; a share of the image, 0 for fewer than three.
    """
    energy = response.movedim(axis, 1).flatten(2).sum(2)  # bands, cells along the axis
    total = energy.sum(0)
    known = (total > STAYS**3 * total.max()).nonzero().flatten()
    if len(known) < FEWEST_CELLS:
        return 0.0
    bands = (torch.arange(len(energy), dtype=energy.dtype, device="cpu") + 0.5) / len(energy)
    centre = (bands[:, None] * energy).sum(0)[known] / total[known]
    place = known.double() - known.double().mean()
    slope = (place * centre).sum() / (place**2).sum()
    return abs(float(slope)) * float(known[-1] - known[0])
