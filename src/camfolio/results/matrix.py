"""`matrix.json`: the cells of the matrix of examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from camfolio.results.result import ExampleKind, MethodKey, Pixels, Result, ResultFile, Unit
from camfolio.results.selection import Case

CssPixels = Annotated[int, Unit("CSS pixels")]


class Cell(Result):
    """One example as two small pictures: the slice, and the slice with the map."""

    case: Case
    """The example."""
    outcome: str
    """Label, prediction and probability as text."""
    outline: str
    """Outline of the mask as an SVG path, in pixels."""
    height: Pixels
    """Rows of a picture."""
    width: Pixels
    """Columns of a picture."""
    scale_bar: str
    """Scale bar as an SVG path, in pixels of the slice."""
    small_px: CssPixels
    """Width of a picture on wide screens, a whole multiple of the slice's width."""
    large_px: CssPixels
    """Width of a picture on narrow screens, a whole multiple of the slice's width."""
    alt: str
    """Alternative text of the map's picture."""


class MatrixResult(ResultFile):
    """The cells of the matrix of examples."""

    FILE: ClassVar[str] = "matrix.json"

    cells: Mapping[MethodKey, Mapping[ExampleKind, Cell | None]]
    """By method and kind of example; None where there is no example."""
