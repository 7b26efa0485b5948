"""Figure: what methods and controls score, side by side: means with intervals, a panel for every score."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.lines import cells_of, said
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import Theme, new_figure, tidy
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.vocabulary import MethodLook

COLUMNS = 4


def run(*, out: Path, scoreboard: Path, methods: tuple[MethodLook, ...]) -> None:
    """Draw from `scoreboard.json`."""
    write(out, drawing(ScoreboardResult.read(scoreboard), methods))


def drawing(board: ScoreboardResult, methods: Sequence[MethodLook]) -> Drawing:
    """A grid of panels that share their rows: methods at the layer in focus, then controls; the data have all scores."""
    shown = [score for score, measure in board.measures.items() if measure.panel]
    names = names_of(board, methods)
    rows = [
        [score, subject, *cells_of(value), value.slices_undefined]
        for score, subjects in board.scores.items()
        for subject, value in subjects.items()
    ]
    alt = (
        f"Means with intervals of {len(shown)} scores for {len(methods)} methods and {len(board.controls)} controls. "
        + ". ".join(words_of(board, score, methods) for score in shown)
        + "."
    )

    def draw(theme: Theme) -> Figure:
        lines = ceil(len(shown) / COLUMNS)
        figure = new_figure(theme, 10.4, lines * (0.9 + 0.24 * len(names)), layout="constrained")
        grid = figure.subplots(lines, COLUMNS, sharey=True, squeeze=False).ravel()
        for axes, score in zip(grid, shown, strict=False):
            panel(axes, board, score, methods, theme)
        for axes in grid[len(shown) :]:
            axes.set_axis_off()
        return figure

    return Drawing(draw, alt, ["score", "subject", "mean", "low", "high", "slices not defined"], rows)


def words_of(board: ScoreboardResult, score: str, methods: Sequence[MethodLook]) -> str:
    """One score of all methods in words."""
    values, measure = board.scores[score], board.measures[score]
    numbers = (f"{method.name} {said(values[method.key].value)}" for method in methods)
    return f"{measure.title} ({measure.better} is better): {', '.join(numbers)}"


def names_of(board: ScoreboardResult, methods: Sequence[MethodLook]) -> dict[str, str]:
    """The names of methods and controls, one row each."""
    return {method.key: method.name for method in methods} | dict(board.controls)


def panel(axes: Axes, board: ScoreboardResult, score: str, methods: Sequence[MethodLook], theme: Theme) -> None:
    """One score; the dotted line is chance."""
    names, colours = names_of(board, methods), {method.key: method.colour for method in methods}
    chance = board.chance.get(score)
    if chance is not None and chance.value is not None:
        axes.axvline(chance.value, color=theme.ink, linewidth=0.8, linestyle=":")
    for line, subject in enumerate(names):
        value = board.scores[score][subject]
        if value.value is None:
            continue
        colour = colours.get(subject, theme.faint)
        if value.low is not None and value.high is not None:
            axes.plot([value.low, value.high], [line, line], color=colour, linewidth=1.8)
        axes.plot(value.value, line, "o" if subject in colours else "D", color=colour, markersize=5)
    measure = board.measures[score]
    axes.set_yticks(range(len(names)), list(names.values()))
    axes.set_ylim(len(names) - 0.5, -0.5)
    unit = {"share": "", "ratio": ", times chance", "mm": ", mm"}[measure.unit]
    axes.set_title(fill(measure.title + unit, 30), fontsize=8)
    axes.set_xlabel(f"{measure.better} is better", fontsize=8)
    tidy(axes, theme)
