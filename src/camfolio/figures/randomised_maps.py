"""Figure: the maps of one slice during weight randomisation, cascading from the output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from camfolio.explanation.scaling import scaled
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.panels import show_overlay, show_slice
from camfolio.figures.drawing.style import ARTICLE, SMALL, Theme, new_figure
from camfolio.results.arrays.similarities import RandomisedExample
from camfolio.results.randomisation import RandomisationResult
from camfolio.vocabulary import MethodLook


def run(*, out: Path, randomisation: Path, methods: tuple[MethodLook, ...], window_hu: tuple[float, float]) -> None:
    """Draw from `example.npz` and `randomisation.json`."""
    write(
        out,
        drawing(RandomisationResult.read(randomisation), RandomisedExample.read(randomisation), methods, window_hu),
    )


def drawing(
    result: RandomisationResult,
    example: RandomisedExample,
    methods: Sequence[MethodLook],
    window_hu: tuple[float, float],
) -> Drawing:
    """A row per method, a column per randomised part; each map is a share of its own maximum."""
    columns = ["trained", *result.parts]
    spacing_mm = result.example.spacing_mm
    alt = (
        f"Maps of slice {result.example.id} by {', '.join(method.name for method in methods)}: of the trained network, "
        f"and during weight randomisation, cascading from the output: {', '.join(result.parts)}."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, ARTICLE, ARTICLE / len(columns) * len(methods) + 0.4, layout="constrained")
        grid = figure.subplots(len(methods), len(columns), squeeze=False)
        for row, method in enumerate(methods):
            for axes, signed in zip(grid[row], example.signed[method.key], strict=True):
                show_slice(axes, example.hounsfield, window_hu, spacing_mm)
                show_overlay(axes, scaled(signed, "per_image", 0.0))
            grid[row, 0].set_ylabel(method.name, fontsize=SMALL)
        for axes, name in zip(grid[0], columns, strict=True):
            axes.set_title(name, fontsize=SMALL)
        return figure

    rows = [
        [method.key, column, float(signed.min()), float(signed.max())]
        for method in methods
        for column, signed in zip(columns, example.signed[method.key], strict=True)
    ]
    return Drawing(draw, alt, ["method", "randomised down to", "lowest", "highest"], rows)
