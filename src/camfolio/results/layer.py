"""`layer.json`: the layer in focus, for a slice of the study."""

from __future__ import annotations

from typing import Annotated, ClassVar

from camfolio.results.result import ResultFile, Unit

Cells = Annotated[int, Unit("cells")]


class LayerResult(ResultFile):
    """The layer in focus, for a slice of the study; the weights play no part."""

    FILE: ClassVar[str] = "layer.json"

    layer: str
    """Name of the layer in the network."""
    cells: tuple[Cells, Cells]
    """Rows and columns of its maps."""
