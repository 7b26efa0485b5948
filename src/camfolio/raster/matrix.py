"""Stage `matrix`: the selected examples as small images, a slice and its overlay per method and kind."""

from __future__ import annotations

from pathlib import Path

from camfolio.figures.drawing.examples import Example, ExampleFolders, outcome
from camfolio.figures.drawing.looks import Looks
from camfolio.raster.pixels import bar_path, grey, outline_path, overlay, write_png
from camfolio.results.matrix import Cell, MatrixResult
from camfolio.vocabulary import EXAMPLE_KINDS, MethodLook

SMALL_PX, LARGE_PX = 64, 160
"""Largest width of an image on wide and on narrow screens, CSS pixels."""


def run(*, out: Path, looks: Looks, **folders: Path) -> None:
    """Write `METHOD-KIND-slice.png` and `METHOD-KIND-map.png` at the slice's resolution, and `MatrixResult`."""
    examples = ExampleFolders(**folders)
    cells: dict[str, dict[str, Cell | None]] = {}
    for method in looks.methods:
        cells[method.key] = {}
        for kind in EXAMPLE_KINDS:
            case = examples.case(method.key, kind)
            if case is None:
                cells[method.key][kind] = None
                continue
            example = examples.load(case, looks.scaling)
            write_png(out / f"{method.key}-{kind}-slice.png", grey(example.hounsfield, looks.window_hu))
            pixels = overlay(example.hounsfield, example.scaled_maps[method.key], looks.window_hu)
            write_png(out / f"{method.key}-{kind}-map.png", pixels)
            cells[method.key][kind] = cell(example, method, looks.classes)
    MatrixResult(cells=cells).write(out)


def cell(example: Example, method: MethodLook, classes: tuple[str, str]) -> Cell:
    """One example as a cell of the matrix on the page: sizes, outline, scale bar and alternative text."""
    height, width = example.mask.shape
    outcome_text = outcome(example.case, classes)
    empty = " The map is empty." if example.scaled_maps[method.key].is_empty else ""
    return Cell(
        case=example.case,
        outcome=outcome_text,
        outline=outline_path(example.mask),
        height=height,
        width=width,
        scale_bar=bar_path(example.spacing_mm, height, width),
        small_px=multiple(width, SMALL_PX),
        large_px=multiple(width, LARGE_PX),
        alt=f"{method.name} over slice {example.case.id}: {outcome_text}.{empty}",
    )


def multiple(width: int, limit: int) -> int:
    """The largest whole multiple of a width up to a limit, at least the width itself, so that pixels stay square.

    >>> multiple(32, 100), multiple(200, 100)
    (96, 200)
    """
    return max(limit // width, 1) * width
