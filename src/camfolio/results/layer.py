"""`layer.json`: the layer in focus."""

from __future__ import annotations

from typing import Annotated, ClassVar

from camfolio.results.result import ResultFile, Unit

Cells = Annotated[int, Unit("cells")]


class LayerResult(ResultFile):
    """The layer in focus, and the size of its maps, which does not depend on weights."""

    FILE: ClassVar[str] = "layer.json"

    layer: str
    """Name of the layer in the network."""
    cells: tuple[Cells, Cells]
    """Rows and columns of the layer's maps for a slice."""
