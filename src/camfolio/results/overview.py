"""`overview.json`: one slice and its maps as small pictures, for a page that shows a study at a glance."""

from __future__ import annotations

from typing import ClassVar

from camfolio.results.result import Pixels, Result, ResultFile, Share


class Panel(Result):
    """One picture."""

    file: str
    """Name of the PNG, at the slice's resolution."""
    title: str
    """What it shows: the slice, or a method."""
    energy: Share | None
    """Share of the map's energy inside the outline; None for the slice, and where it is not defined."""


class OverviewResult(ResultFile):
    """One slice, and the slice with its maps."""

    FILE: ClassVar[str] = "overview.json"

    panels: tuple[Panel, ...]
    """The slice first; empty if there is no example."""
    id: str
    """Of the slice."""
    words: str
    """Label and prediction, or what was planted."""
    outline: str
    """Outline of the region inside which energy is counted, as an SVG path in pixels."""
    scale_bar: str
    """Scale bar as an SVG path, in pixels."""
    height: Pixels
    """Rows of a picture."""
    width: Pixels
    """Columns of a picture."""
