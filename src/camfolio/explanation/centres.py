"""Where the cells of a layer lie on the slice, measured by the pixels that each of them sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from camfolio.explanation.layout import FEATURE_MAPS, Layout

LARGEST = 8
"""A canvas has at most so many times the slice's rows or columns."""
NORMS = (nn.GroupNorm, nn.InstanceNorm2d, nn.LayerNorm)
"""Norms over all pixels, which are left out while a receptive field is measured."""


@dataclass(frozen=True)
class CellCentres:
    """Centres of a layer's cells, as shares of the slice's rows and columns.

    Cell i lies at `first` + i `step`: 0 is the slice's border, 1 the opposite one, and the centre of pixel r of n is
    (r + 1/2) / n.

    Attributes:
        first: of the first cell: row, column.
        step: from one cell to the next: row, column.
    """

    first: tuple[float, float]
    step: tuple[float, float]

    @classmethod
    def tiling(cls, cells: tuple[int, int]) -> CellCentres:
        """Cells that divide the slice into equal parts: half-pixel centres.

        >>> CellCentres.tiling((4, 2))
        CellCentres(first=(0.125, 0.25), step=(0.25, 0.5))
        """
        return cls((0.5 / cells[0], 0.5 / cells[1]), (1 / cells[0], 1 / cells[1]))

    def at(self, axis: int, pixels: int, cells: int) -> Float[Tensor, " pixels"]:
        """The position of every pixel of one axis among the cells, 0 to cells - 1; beyond the outermost centres it is theirs."""
        shares = (torch.arange(pixels, dtype=torch.float64, device="cpu") + 0.5) / pixels
        return ((shares - self.first[axis]) / self.step[axis]).clamp(0, cells - 1)


def measured_centres(
    model: nn.Module, layer: str, image: Float[Tensor, "1 channels height width"], layout: Layout = FEATURE_MAPS
) -> CellCentres:
    """Centres of a layer's cells: the middles of the pixels on which they depend.

    The pixels are those with a gradient of the cells' activations that is not zero, on one image of noise. Which these
    are follows from the layers' sizes, strides and paddings, not from the weights, as long as these are not zero. Two
    neighbouring rows of cells in the middle give the distance and the first one's place; so do two columns. Where the
    slice is too small for what a cell sees, it is extended to the right or downwards. Norms over all pixels and global
    pooling, as in squeeze and excitation, are left out meanwhile. A layer whose cells still see everything, such as one
    with attention, or whose cells do not lie at equal distances, as in windows of attention, or a network that takes
    slices of one size only, gets `CellCentres.tiling`.

    Args:
        model: borrowed (see `probe.borrowed`).
        layer: full name of a layer with feature maps.
        image: an input of the model; only its shape, precision and device are used.
        layout: of the layer's output.
    """
    cells = cells_of(model, layer, image, layout).shape
    rows, columns = (measured_axis(model, layer, image, axis, layout) for axis in (2, 3))
    if rows is None or columns is None:
        return CellCentres.tiling((cells[2], cells[3]))
    return CellCentres((rows[0], columns[0]), (rows[1], columns[1]))


def measured_axis(model: nn.Module, layer: str, image: Tensor, axis: int, layout: Layout) -> tuple[float, float] | None:
    """Place of the first cell along one axis and the distance to the next, as shares of the image; None if not measured."""
    factor = 1
    while factor <= LARGEST:
        shape = [*image.shape]
        shape[axis] *= factor
        canvas = torch.randn(shape, generator=torch.Generator().manual_seed(factor), device="cpu").to(image)
        try:
            cells = cells_of(model, layer, canvas.requires_grad_(), layout)
        except Exception:  # noqa: BLE001 - a network that takes slices of one size says so in its own way
            return None
        if not cells.requires_grad:  # the layer itself is a global pooling
            return None
        second = cells.shape[axis] // 2
        before, here, after = (
            middle(seen(cells, canvas, axis, cell)) if 0 <= cell < cells.shape[axis] else None
            for cell in (second - 1, second, second + 1)
        )
        if before is not None and here is not None:
            step = here - before
            even = after is None or abs(after - here - step) <= step / 2  # a pooled maximum may hide a pixel
            first = before - (second - 1) * step
            return ((first + 0.5) / image.shape[axis], step / image.shape[axis]) if step > 0 and even else None
        factor *= 2
    return None


def seen(cells: Tensor, canvas: Tensor, axis: int, cell: int) -> Bool[Tensor, " pixels"]:
    """The rows (axis 2) or columns (axis 3) of the canvas on which one row or column of cells depends."""
    chosen = cells.select(axis, cell)
    weights = torch.rand(chosen.shape, generator=torch.Generator().manual_seed(cell), device="cpu").to(chosen)
    (gradient,) = torch.autograd.grad((chosen * weights).sum(), canvas, retain_graph=True, materialize_grads=True)
    return (gradient != 0).movedim(axis, 0).flatten(1).any(1).cpu()


def middle(rows: Bool[Tensor, " pixels"]) -> float | None:
    """The middle of the first and the last marked pixel; None if there are none, or they reach the border."""
    marked = rows.nonzero().flatten().tolist()
    if not marked or marked[0] == 0 or marked[-1] == len(rows) - 1:
        return None
    return float(marked[0] + marked[-1]) / 2


class _Reached(Exception):  # noqa: N818 - no error: the rest of the network is not run
    """The layer has run."""


def cells_of(model: nn.Module, layer: str, canvas: Tensor, layout: Layout) -> Float[Tensor, "1 channels h w"]:
    """The cells in the layer's output; nothing after the layer is run."""
    found: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        found.append(output)
        raise _Reached

    with hooked(model, model.get_submodule(layer), keep), suppress(_Reached):
        model(canvas.clone())
    return layout.cells(found[0], (canvas.shape[2], canvas.shape[3]))


@contextmanager
def hooked(model: nn.Module, layer: nn.Module, keep: Callable[..., object]) -> Iterator[None]:
    """Hooks on the layer and on what sees every pixel, removed afterwards."""
    handles = []
    for module in model.modules():
        if isinstance(module, NORMS):
            handles.append(module.register_forward_hook(passed_over))
        elif isinstance(module, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d):
            handles.append(module.register_forward_hook(without_gradient))
    handles.append(layer.register_forward_hook(keep))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def passed_over(_module: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> Tensor:
    """A norm's input in the place of its output."""
    return inputs[0]


def without_gradient(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
    """The same output, on which no gradient depends."""
    return output.detach()
