"""Figure: mean scores of methods and controls with their intervals, one panel per score."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.lines import interval_cells
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import ARTICLE, SMALL, Theme, new_figure, tidy
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.results.subject import ORACLE
from camfolio.vocabulary import MethodLook, as_number

COLUMNS = 3


def run(*, out: Path, scoreboard: Path, methods: tuple[MethodLook, ...]) -> None:
    """Draw from `scoreboard.json`."""
    write(out, drawing(ScoreboardResult.read(scoreboard), methods))


def drawing(board: ScoreboardResult, methods: Sequence[MethodLook]) -> Drawing:
    """A grid of panels with methods and controls as rows; the figure's data also have the scores without a panel."""
    shown = [score for score, measure in board.measures.items() if measure.panel]
    names = names_of(board, methods)
    rows = [
        [score, subject, *interval_cells(value), value.slices_undefined]
        for score, subjects in board.scores.items()
        for subject, value in subjects.items()
    ]
    alt = (
        f"Means with intervals of {len(shown)} scores for {len(methods)} methods and {len(board.controls)} controls. "
        + ". ".join(means_text(board, score, methods) for score in shown)
        + "."
    )

    def draw(theme: Theme) -> Figure:
        panel_rows = ceil(len(shown) / COLUMNS)
        figure = new_figure(theme, ARTICLE, panel_rows * (0.9 + 0.22 * len(names)), layout="constrained")
        grid = figure.subplots(panel_rows, COLUMNS, sharey=True, squeeze=False).ravel()
        for axes, score in zip(grid, shown, strict=False):
            panel(axes, board, score, methods, theme)
        for axes in grid[len(shown) :]:
            axes.set_axis_off()
        return figure

    return Drawing(draw, alt, ["score", "subject", "mean", "low", "high", "slices not defined"], rows)


def means_text(board: ScoreboardResult, score: str, methods: Sequence[MethodLook]) -> str:
    """The title and direction of a score, and its mean by method."""
    values, measure = board.scores[score], board.measures[score]
    numbers = (f"{method.name} {as_number(values[method.key].value, 2)}" for method in methods)
    return f"{measure.title} ({measure.better} is better): {', '.join(numbers)}"


def names_of(board: ScoreboardResult, methods: Sequence[MethodLook]) -> dict[str, str]:
    """Subject -> its name, methods before the mask at the cells of the layer and controls."""
    names = {method.key: method.name for method in methods}
    elsewhere = {key: f"{names[method]} of others" for key, method in board.others.items()}
    return names | {ORACLE.key: "mask at the cells"} | elsewhere | dict(board.controls)


def panel(axes: Axes, board: ScoreboardResult, score: str, methods: Sequence[MethodLook], theme: Theme) -> None:
    """One score of methods and controls with intervals; the dotted line is chance."""
    names, colours = names_of(board, methods), {method.key: method.colour for method in methods}
    chance = board.chance.get(score)
    if chance is not None and chance.value is not None:
        axes.axvline(chance.value, color=theme.ink, linewidth=0.8, linestyle=":")
    for line, subject in enumerate(names):
        value = board.scores[score].get(subject)
        if value is None or value.value is None:
            continue
        colour = colours.get(subject, theme.faint)
        if value.low is not None and value.high is not None:
            axes.plot([value.low, value.high], [line, line], color=colour, linewidth=1.8)
        axes.plot(value.value, line, "o" if subject in colours else "D", color=colour, markersize=5)
    measure = board.measures[score]
    axes.set_yticks(range(len(names)), list(names.values()))
    axes.set_ylim(len(names) - 0.5, -0.5)
    unit = {"share": "", "ratio": ", times chance", "mm": ", mm"}[measure.unit]
    axes.set_title(fill(measure.title + unit, 26), fontsize=SMALL)
    axes.set_xlabel(f"{measure.better} is better", fontsize=SMALL)
    axes.locator_params(axis="x", nbins=3)
    tidy(axes, theme)
