"""`layer.json`: the layer in focus, and where the cells of every layer lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from camfolio.results.result import Key, Result, ResultFile, Unit

Cells = Annotated[int, Unit("cells")]
Distance = Annotated[float, Unit("pixels")]
LayerName = Annotated[str, Key("LAYER", "full name of a layer, such as layer2.1.conv2")]


class LayerCells(Result):
    """The cells of one layer, and where they lie on a slice: rows, then columns."""

    cells: tuple[Cells, Cells]
    """Rows and columns of the layer's maps for a slice."""
    first_px: tuple[Distance, Distance]
    """Centre of the first cell: the middle of the pixels that it sees, measured; 0 is the centre of the first pixel."""
    step_px: tuple[Distance, Distance]
    """Distance from one cell's centre to the next."""
    before_norm: bool
    """Whether a normalisation follows the layer immediately. Then zero is arbitrary: a constant added to a channel changes maps, but
    not the network's output once the norm's mean moves with it."""
    shift_px: tuple[Distance, Distance]
    """How far half-pixel centres, on which maps are not placed here, would shift a map: downwards, and to the right."""


class LayerResult(ResultFile):
    """The layer in focus and the places of all layers' cells, which do not depend on weights."""

    FILE: ClassVar[str] = "layer.json"

    layer: str
    """Name of the layer in the network."""
    cells: tuple[Cells, Cells]
    """Rows and columns of the layer's maps for a slice."""
    layers: Mapping[LayerName, LayerCells]
    """All layers of the study."""
