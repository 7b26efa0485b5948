"""Figure: similarity of maps to those of the trained network during weight randomisation, cascading from the output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.evidence.similarity import SIMILARITY
from camfolio.figures.drawing.grid import in_lines, panels_of, rows_of
from camfolio.figures.drawing.lines import band, interval_cells, mean_line
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, Place, Theme, legend_below, new_figure, tidy
from camfolio.results.randomisation import RandomisationResult
from camfolio.vocabulary import MethodLook, as_number

SHOWN = ("rank_signed", "rank_magnitude", "ssim_signed")
"""The similarities with a panel; all five are in the figure's data."""
COLUMNS, LEGEND = {PAGE: 3, PHONE: 1}, {PAGE: 4, PHONE: 2}
"""Panels beside each other, and entries of the legend."""


def run(*, out: Path, randomisation: Path, methods: tuple[MethodLook, ...]) -> None:
    """Draw from `randomisation.json`."""
    write(out, drawing(RandomisationResult.read(randomisation), methods))


def drawing(result: RandomisationResult, methods: Sequence[MethodLook]) -> Drawing:
    """Panels: similarity by method, with one point after the randomisation of each part."""
    rows = [
        [method, measure, part, *interval_cells(step.of(measure))]
        for method, steps in result.similarity.items()
        for measure in SIMILARITY
        for part, step in zip(result.parts, steps, strict=True)
    ]
    correlations = []
    for method in methods:
        first, last = (as_number(result.similarity[method.key][step].rank_signed.value, 2) for step in (0, -1))
        correlations.append(f"{method.name} {first} after {result.parts[0]}, {last} after all parts")
    alt = (
        "Rank correlation, its size, and structural similarity of maps with those of the trained network during weight "
        f"randomisation, cascading from the output, means over {result.networks} networks. Rank correlation: {'; '.join(correlations)}."
    )

    def draw(theme: Theme, place: Place) -> Figure:
        columns = COLUMNS[place]
        figure = new_figure(theme, place.width, 0.3 + 3 * rows_of(len(SHOWN), columns), layout="constrained")
        grid = panels_of(figure, len(SHOWN), columns, sharey=True)
        for axes, measure in zip(grid, SHOWN, strict=True):
            panel(axes, result, measure, methods, theme)
            axes.set_title(in_lines(SIMILARITY[measure], (place.width - 0.6) / columns, SMALL), fontsize=SMALL)
        legend_below(figure, grid[0], theme, columns=LEGEND[place])
        return figure

    return Drawing(draw, alt, ["method", "similarity", "randomised down to", "mean", "low", "high"], rows)


def panel(axes: Axes, result: RandomisationResult, measure: str, methods: Sequence[MethodLook], theme: Theme) -> None:
    """One similarity; 1 is an identical pattern, the dotted line at 0 no similarity."""
    axes.axhline(0, color=theme.ink, linewidth=0.8, linestyle=":")
    x = range(len(result.parts))
    for method in methods:
        values = [step.of(measure) for step in result.similarity[method.key]]
        mean_line(axes, x, values, marker="o", markersize=4, color=method.colour, label=method.name)
        band(axes, x, values, method.colour)
    axes.set_xticks(x, result.parts, rotation=30, ha="right")
    axes.set_ylim(-0.4, 1.02)
    axes.set_xlabel("randomised from the output down to", fontsize=SMALL)
    tidy(axes, theme)
