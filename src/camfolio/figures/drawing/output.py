"""Writing a figure: light and dark SVG and PNG, alternative text and size, and its data as CSV."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from camfolio.figures.drawing.faces import with_faces
from camfolio.figures.drawing.style import DPI, NARROW_SPACE, THEMES, Theme, settings
from camfolio.results.files import write_csv, write_json

PNG_SCALE = 2
PERCENT = re.compile(r"(?<=\d)\s(?=%)")


@dataclass(frozen=True)
class Drawing:
    """A figure before it is drawn.

    Attributes:
        draw: makes the figure for a theme.
        alt: alternative text: what the figure shows.
        columns, rows: the figure's data, written as CSV.
        facts: further values for the page that shows the figure; plain JSON.
    """

    draw: Callable[[Theme], Figure]
    alt: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = field(default_factory=tuple)
    facts: Mapping[str, Any] = field(default_factory=dict)


def write(out: Path, drawing: Drawing) -> None:
    """Write `THEME.svg`, `THEME.png`, `data.csv` and `figure.json`; the same data give the same bytes."""
    size: Mapping[str, int] = {}
    for theme in THEMES:
        with mpl.rc_context(settings(theme)):  # type: ignore[arg-type]  # its keys are a Literal of 300 names
            figure = drawing.draw(theme)
            FigureCanvasAgg(figure)
            set_percentages(figure)
            figure.draw_without_rendering()  # the layout, once: each file would repeat it, for its own resolution
            figure.set_layout_engine(None)
            picture = out / f"{theme.name}.svg"
            figure.savefig(picture, metadata={"Date": None, "Creator": None})
            picture.write_text(with_faces(picture.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
            figure.savefig(out / f"{theme.name}.png", dpi=DPI * PNG_SCALE, metadata={"Software": None})
            width, height = figure.get_size_inches() * DPI
            size = {"width": round(width), "height": round(height)}
    write_csv(out / "data.csv", drawing.columns, drawing.rows)
    write_json(out / "figure.json", {"alt": drawing.alt, **size, **drawing.facts})


def set_percentages(figure: Figure) -> None:
    """Put a narrow space before every percent sign, as pages have it."""
    for text in figure.findobj(Text):
        if "%" in text.get_text():
            text.set_text(PERCENT.sub(NARROW_SPACE, text.get_text()))


def write_empty(out: Path, sentence: str) -> None:
    """Write a `figure.json` without a figure: a sentence that explains why there is nothing to draw."""
    write_json(out / "figure.json", {"empty": sentence})
