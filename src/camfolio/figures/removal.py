"""Figure: the probability of the explained class while pixels are taken away or given back in the order of the maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from camfolio.figures.drawing.lines import band, cells_of, mean_line
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import Theme, legend_below, new_figure, tidy
from camfolio.results.faithfulness import FaithfulnessResult
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.vocabulary import MethodLook

PANELS = {
    "deletion_parenchyma": "deletion: pixels become parenchyma",
    "deletion_blur": "deletion: pixels become blurred",
    "road_morf": "ROAD: highest pixels imputed",
    "insertion_parenchyma": "insertion into parenchyma",
    "insertion_blur": "insertion into the blurred slice",
    "road_lerf": "ROAD: lowest pixels imputed",
}
LOW_FIRST = ("deletion_parenchyma", "deletion_blur", "road_morf")


def run(*, out: Path, scoreboard: Path, faithfulness: Path, methods: tuple[MethodLook, ...]) -> None:
    """Draw from `scoreboard.json` and `faithfulness.json`."""
    write(out, drawing(ScoreboardResult.read(scoreboard), FaithfulnessResult.read(faithfulness), methods))


def drawing(board: ScoreboardResult, faithfulness: FaithfulnessResult, methods: Sequence[MethodLook]) -> Drawing:
    """Six panels: above a good map falls fast, below it rises, or stays, high."""
    along = {curve: faithfulness.shares_of(curve) for curve in PANELS}
    rows = [
        [curve, subject, share, *cells_of(value)]
        for curve in PANELS
        for subject in board.in_focus
        for share, value in zip(along[curve], board.curves[curve][subject], strict=True)
    ]
    alt = (
        f"Mean probability of the explained class over {board.slices.faithfulness} test slices in six panels: "
        + "; ".join(f"{title}, {said(board, curve, methods)}" for curve, title in PANELS.items())
        + "."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 10.4, 6.0, layout="constrained")
        grid = figure.subplots(2, 3, sharey=True)
        for axes, (curve, title) in zip(grid.ravel(), PANELS.items(), strict=True):
            panel(axes, board, curve, along[curve], methods=methods, theme=theme)
            axes.set_title(title, fontsize=9)
            axes.set_xlabel("pixels given back" if curve.startswith("insertion") else "pixels taken away", fontsize=8.5)
        for axes in grid[:, 0]:
            axes.set_ylabel("probability of the explained class", fontsize=8.5)
        legend_below(figure, grid[0, 0], theme, columns=4)
        return figure

    return Drawing(draw, alt, ["curve", "subject", "share of pixels", "mean", "low", "high"], rows)


def said(board: ScoreboardResult, curve: str, methods: Sequence[MethodLook]) -> str:
    """The mean over the whole curve per method: what is lower, or higher, than the others."""
    means = []
    for method in methods:
        values = [value.value for value in board.curves[curve][method.key] if value.value is not None]
        means.append(f"{method.name} {sum(values) / len(values):.2f}" if values else f"{method.name} not defined")
    return f"{'lower' if curve in LOW_FIRST else 'higher'} is better, mean of the curve {', '.join(means)}"


def panel(
    axes: Axes,
    board: ScoreboardResult,
    curve: str,
    along: Sequence[float],
    *,
    methods: Sequence[MethodLook],
    theme: Theme,
) -> None:
    """One curve of all methods, with bands, and of the controls, dashed."""
    dashes = dict(zip(board.controls, ((1, 1), (3, 1), (5, 1.5), (3, 1, 1, 1), (6, 1, 1, 1)), strict=False))
    for subject, words in board.controls.items():
        dashed = {"color": theme.faint, "dashes": dashes.get(subject, (2, 2)), "label": words, "linewidth": 1.1}
        mean_line(axes, along, board.curves[curve][subject], **dashed)
    for method in methods:
        values = board.curves[curve][method.key]
        mean_line(axes, along, values, color=method.colour, label=method.name, linewidth=1.9)
        band(axes, along, values, method.colour)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylim(0, 1)
    tidy(axes, theme)
