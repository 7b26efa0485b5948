"""Stage `matrix`: the chosen examples as small pictures, one pair (slice, map over it) per method and kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from camfolio.figures.drawing.examples import Example, ExampleFolders, outcome
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.panels import scale_bar
from camfolio.raster.pixels import grey, outline_path, overlay, write_png
from camfolio.results.files import write_json
from camfolio.vocabulary import KINDS, MethodLook


def run(*, out: Path, looks: Looks, **folders: Path) -> None:
    """Write `METHOD-KIND-slice.png` and `METHOD-KIND-map.png`, one pixel per pixel, and `matrix.json`: method -> kind ->
    what the cell says (`case`, `outcome`, `outline` as an SVG path, `height`, `width`, `bar` as mm and pixels, `alt`),
    or null where selection found no example.
    """
    read = ExampleFolders(**folders)
    cells: dict[str, dict[str, Any]] = {}
    for method in looks.methods:
        cells[method.key] = {}
        for kind in KINDS:
            case = read.case(method.key, kind)
            if case is None:
                cells[method.key][kind] = None
                continue
            example = read.load(case, looks.scaling)
            write_png(out / f"{method.key}-{kind}-slice.png", grey(example.hounsfield, looks.window_hu))
            over = overlay(example.hounsfield, example.shown[method.key], looks.window_hu)
            write_png(out / f"{method.key}-{kind}-map.png", over)
            cells[method.key][kind] = cell(example, method, looks.classes)
    write_json(out / "matrix.json", cells)


def cell(example: Example, method: MethodLook, classes: tuple[str, str]) -> dict[str, Any]:
    """What a cell says about its example."""
    height, width = example.mask.shape
    said = outcome(example.case, classes)
    empty = " The map is empty." if example.shown[method.key].is_empty else ""
    return {
        "case": example.case,
        "outcome": said,
        "outline": outline_path(example.mask),
        "height": height,
        "width": width,
        "bar": scale_bar(example.spacing_mm, width),
        "alt": f"{method.name} over slice {example.case['id']}: {said}.{empty}",
    }
