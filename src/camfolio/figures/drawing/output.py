"""Writing a figure: SVG for pages and phones, light and dark; a PNG; alternative text and sizes; and its data as CSV."""

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
from camfolio.figures.drawing.style import DPI, LIGHT, NARROW_SPACE, PAGE, PHONE, THEMES, Place, Theme, settings
from camfolio.results.files import write_csv, write_json

PNG_SCALE = 2
PERCENT = re.compile(r"(?<=\d)\s(?=%)")


@dataclass(frozen=True)
class Drawing:
    """A figure before it is drawn.

    Attributes:
        draw: makes the figure for a theme and a place: the same panels, arranged for the width of that place.
        alt: alternative text: what the figure shows.
        columns, rows: the figure's data, written as CSV.
        facts: further values for the page that shows the figure; plain JSON.
        places: those with a drawing of their own; a figure that is narrow enough for a phone has one for all places.
    """

    draw: Callable[[Theme, Place], Figure]
    alt: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = field(default_factory=tuple)
    facts: Mapping[str, Any] = field(default_factory=dict)
    places: Sequence[Place] = (PAGE, PHONE)


def write(out: Path, drawing: Drawing) -> None:
    """Write `THEME.svg`, `phone-THEME.svg`, `light.png`, `data.csv` and `figure.json`; the same data give the same bytes."""
    sizes: dict[Place, Mapping[str, int]] = {}
    for place in drawing.places:
        for theme in THEMES:
            with mpl.rc_context(settings(theme)):  # type: ignore[arg-type]  # its keys are a Literal of 300 names
                sizes[place] = write_pictures(out, drawing.draw(theme, place), theme, place)
    write_csv(out / "data.csv", drawing.columns, drawing.rows)
    phone = {PHONE.name: sizes[PHONE]} if PHONE in sizes else {}
    write_json(out / "figure.json", {"alt": drawing.alt, **sizes[PAGE], **phone, **drawing.facts})


def write_pictures(out: Path, figure: Figure, theme: Theme, place: Place) -> Mapping[str, int]:
    """Write the SVG of one theme and place, and for downloads one PNG; the width and height in pixels."""
    FigureCanvasAgg(figure)
    set_percentages(figure)
    figure.draw_without_rendering()  # the layout, once: each file would repeat it, for its own resolution
    figure.set_layout_engine(None)
    picture = out / f"{'' if place == PAGE else f'{place.name}-'}{theme.name}.svg"
    figure.savefig(picture, metadata={"Date": None, "Creator": None})
    picture.write_text(with_faces(picture.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    if (theme, place) == (LIGHT, PAGE):
        figure.savefig(out / "light.png", dpi=DPI * PNG_SCALE, metadata={"Software": None})
    width, height = figure.get_size_inches() * DPI
    return {"width": round(width), "height": round(height)}


def set_percentages(figure: Figure) -> None:
    """Put a narrow space before every percent sign, as pages have it."""
    for text in figure.findobj(Text):
        if "%" in text.get_text():
            text.set_text(PERCENT.sub(NARROW_SPACE, text.get_text()))


def write_empty(out: Path, sentence: str) -> None:
    """Write a `figure.json` without a figure: a sentence that explains why there is nothing to draw."""
    write_json(out / "figure.json", {"empty": sentence})
