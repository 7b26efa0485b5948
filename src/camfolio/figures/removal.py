"""Figure: the probability of the explained class as pixels are replaced or inserted in the order of the maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from camfolio.figures.drawing.lines import band, interval_cells, mean_line
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import Theme, legend_below, new_figure, tidy
from camfolio.results.faithfulness import FaithfulnessResult
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.vocabulary import MethodLook, as_number

PANELS = {
    "deletion_parenchyma": "deletion: pixels become parenchyma",
    "deletion_blur": "deletion: pixels become blurred",
    "road_morf": "ROAD: highest pixels imputed",
    "insertion_parenchyma": "insertion into parenchyma",
    "insertion_blur": "insertion into the blurred slice",
    "road_lerf": "ROAD: lowest pixels imputed",
}
LOWER_IS_BETTER = ("deletion_parenchyma", "deletion_blur", "road_morf")


def run(*, out: Path, scoreboard: Path, faithfulness: Path, methods: tuple[MethodLook, ...]) -> None:
    """Draw from `scoreboard.json` and `faithfulness.json`."""
    write(out, drawing(ScoreboardResult.read(scoreboard), FaithfulnessResult.read(faithfulness), methods))


def drawing(board: ScoreboardResult, faithfulness: FaithfulnessResult, methods: Sequence[MethodLook]) -> Drawing:
    """Six panels: curves of a good map fall fast in the upper row and rise fast, or stay high, in the lower row."""
    shares = {curve: faithfulness.shares_of(curve) for curve in PANELS}
    rows = [
        [curve, subject, share, *interval_cells(value)]
        for curve in PANELS
        for subject in board.in_focus
        for share, value in zip(shares[curve], board.curves[curve][subject], strict=True)
    ]
    alt = (
        f"Mean probability of the explained class over {board.slices.faithfulness} test slices in six panels: "
        + "; ".join(f"{title}, {means_text(board, curve, methods)}" for curve, title in PANELS.items())
        + "."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 10.4, 6.0, layout="constrained")
        grid = figure.subplots(2, 3, sharey=True)
        for axes, (curve, title) in zip(grid.ravel(), PANELS.items(), strict=True):
            panel(axes, board, curve, shares[curve], methods=methods, theme=theme)
            axes.set_title(title, fontsize=9)
            axes.set_xlabel("pixels inserted" if curve.startswith("insertion") else "pixels replaced", fontsize=8.5)
        for axes in grid[:, 0]:
            axes.set_ylabel("probability of the explained class", fontsize=8.5)
        legend_below(figure, grid[0, 0], theme, columns=4)
        return figure

    return Drawing(draw, alt, ["curve", "subject", "share of pixels", "mean", "low", "high"], rows)


def means_text(board: ScoreboardResult, curve: str, methods: Sequence[MethodLook]) -> str:
    """Which direction of a curve is better, and its mean over all steps by method."""
    means = []
    for method in methods:
        values = [value.value for value in board.curves[curve][method.key] if value.value is not None]
        means.append(f"{method.name} {as_number(sum(values) / len(values) if values else None, 2)}")
    return f"{'lower' if curve in LOWER_IS_BETTER else 'higher'} is better, mean of the curve {', '.join(means)}"


def panel(
    axes: Axes,
    board: ScoreboardResult,
    curve: str,
    shares: Sequence[float],
    *,
    methods: Sequence[MethodLook],
    theme: Theme,
) -> None:
    """One curve: methods as lines with bands, controls as dashed lines.

    `shares` are the shares of replaced or inserted pixels, 0 to 1, one per step of the curve.
    """
    dashes = dict(zip(board.controls, ((1, 1), (3, 1), (5, 1.5), (3, 1, 1, 1), (6, 1, 1, 1)), strict=False))
    for subject, title in board.controls.items():
        style = {"color": theme.faint, "dashes": dashes.get(subject, (2, 2)), "label": title, "linewidth": 1.1}
        mean_line(axes, shares, board.curves[curve][subject], **style)
    for method in methods:
        values = board.curves[curve][method.key]
        mean_line(axes, shares, values, color=method.colour, label=method.name, linewidth=1.9)
        band(axes, shares, values, method.colour)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.set_ylim(0, 1)
    tidy(axes, theme)
