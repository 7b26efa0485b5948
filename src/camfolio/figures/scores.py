"""Figure: mean scores of methods and controls with their intervals, one panel per score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.grid import in_lines, panels_of, rows_of
from camfolio.figures.drawing.lines import interval_cells
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, Place, Theme, new_figure, tidy
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.results.subject import ORACLE
from camfolio.vocabulary import MINUS, MethodLook, as_number

COLUMNS, STEPS = {PAGE: 3, PHONE: 2}, {PAGE: 3, PHONE: 2}
"""Panels beside each other, and steps between numbers of an axis at most: they may have seven characters."""
NAMES = 1.35
"""Width of the names of methods and controls, inches."""


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

    def draw(theme: Theme, place: Place) -> Figure:
        columns = COLUMNS[place]
        title = (place.width - NAMES) / columns
        height = (0.9 + 0.22 * len(names)) * rows_of(len(shown), columns)
        figure = new_figure(theme, place.width, height, layout="constrained")
        for axes, score in zip(panels_of(figure, len(shown), columns, sharey=True), shown, strict=True):
            panel(axes, board, score, methods, theme)
            axes.set_title(in_lines(title_of(board, score), title, SMALL), fontsize=SMALL)
            axes.locator_params(axis="x", nbins=STEPS[place])
            axes.xaxis.set_major_formatter(short_number)
        return figure

    return Drawing(draw, alt, ["score", "subject", "mean", "low", "high", "slices not defined"], rows)


def short_number(value: float, _position: float = 0) -> str:
    """A number of an axis without zeros at its end.

    >>> short_number(0.0), short_number(0.0025), short_number(-7.5) == MINUS + "7.5"
    ('0', '0.0025', True)
    """
    return f"{value:.4g}".replace("-", MINUS)


def means_text(board: ScoreboardResult, score: str, methods: Sequence[MethodLook]) -> str:
    """The title and direction of a score, and its mean by method."""
    values, measure = board.scores[score], board.measures[score]
    numbers = (f"{method.name} {as_number(values[method.key].value, 2)}" for method in methods)
    return f"{measure.title} ({measure.better} is better): {', '.join(numbers)}"


def title_of(board: ScoreboardResult, score: str) -> str:
    """The title of a score with its unit."""
    measure = board.measures[score]
    return measure.title + {"share": "", "ratio": ", times chance", "mm": ", mm"}[measure.unit]


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
    axes.set_xlabel(f"{measure.better} is better", fontsize=SMALL)
    tidy(axes, theme)
