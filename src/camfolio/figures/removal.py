"""Figure: the probability of the explained class, class by class, as pixels are replaced or inserted in the order of maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.grid import in_lines, rows_of
from camfolio.figures.drawing.lines import band, interval_cells, mean_line
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import (
    PAGE,
    PHONE,
    SMALL,
    TEXT,
    Place,
    Theme,
    legend_below,
    new_figure,
    percent,
    tidy,
)
from camfolio.results.by_class import ByClassResult, ClassFaithfulness
from camfolio.results.faithfulness import FaithfulnessResult
from camfolio.results.interval import Interval
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
COLUMNS = {PAGE: 3, PHONE: 2}
"""Panels beside each other: on a phone the upper row of a class becomes the first column."""
LOWER_IS_BETTER = ("deletion_parenchyma", "deletion_blur", "road_morf")


def run(
    *,
    out: Path,
    scoreboard: Path,
    by_class: Path,
    faithfulness: Path,
    methods: tuple[MethodLook, ...],
    classes: tuple[str, str],
) -> None:
    """Draw from `by_class.json`, with the titles of controls from `scoreboard.json` and shares of `faithfulness.json`."""
    controls = ScoreboardResult.read(scoreboard).controls
    shares_of = FaithfulnessResult.read(faithfulness).shares_of
    shares = {curve: shares_of(curve) for curve in PANELS}
    write(out, drawing(ByClassResult.read(by_class), shares, methods, controls, classes))


def drawing(
    result: ByClassResult,
    shares: Mapping[str, Sequence[float]],
    methods: Sequence[MethodLook],
    controls: Mapping[str, str],
    classes: tuple[str, str],
) -> Drawing:
    """Six panels per class: curves of a good map fall fast in the first three and rise fast, or stay high, in the others."""
    rows = [
        [name, curve, subject, share, *interval_cells(value)]
        for name, part in zip(classes, result.explained, strict=True)
        for curve in PANELS
        for subject in (*(method.key for method in methods), *controls)
        for share, value in zip(shares[curve], part.curves[curve][subject], strict=True)
    ]
    alt = "Mean probability of the explained class in six panels per class. " + " ".join(
        f"Explained as {name}, {part.slices} test slices: "
        + "; ".join(f"{title}, {means_text(part, curve, methods)}" for curve, title in PANELS.items())
        + "."
        for name, part in zip(classes, result.explained, strict=True)
    )

    def draw(theme: Theme, place: Place) -> Figure:
        columns = COLUMNS[place]
        rows = rows_of(len(PANELS), columns)
        legend = 0.18 * (len(methods) + len(controls)) / columns
        figure = new_figure(theme, place.width, 2.25 * rows * len(classes) + legend, layout="constrained")
        grid = figure.subplots(rows * len(classes), columns, sharey=True)
        for own, name, part in zip(np.split(grid, len(classes)), classes, result.explained, strict=True):
            places = own.ravel() if columns > rows else own.T.ravel()
            for axes, (curve, title) in zip(places, PANELS.items(), strict=True):
                panel(axes, part.curves[curve], shares[curve], methods=methods, controls=controls, theme=theme)
                axes.set_title(in_lines(f"{name}, {title}", (place.width - 0.7) / columns, SMALL), fontsize=SMALL)
                axes.set_xlabel(
                    "pixels inserted" if curve.startswith("insertion") else "pixels replaced", fontsize=SMALL
                )
            for axes in own[:, 0]:
                axes.set_ylabel(f"probability of {name}", fontsize=TEXT)
        legend_below(figure, grid[0, 0], theme, columns=columns + 1 if place == PAGE else columns)
        return figure

    return Drawing(draw, alt, ["explained class", "curve", "subject", "share of pixels", "mean", "low", "high"], rows)


def means_text(part: ClassFaithfulness, curve: str, methods: Sequence[MethodLook]) -> str:
    """Which direction of a curve is better, and its mean over all steps by method."""
    means = []
    for method in methods:
        values = [value.value for value in part.curves[curve][method.key] if value.value is not None]
        means.append(f"{method.name} {as_number(sum(values) / len(values) if values else None, 2)}")
    return f"{'lower' if curve in LOWER_IS_BETTER else 'higher'} is better, mean of the curve {', '.join(means)}"


def panel(
    axes: Axes,
    curves: Mapping[str, Sequence[Interval]],
    shares: Sequence[float],
    *,
    methods: Sequence[MethodLook],
    controls: Mapping[str, str],
    theme: Theme,
) -> None:
    """One curve of all subjects: methods as lines with bands, controls as dashed lines.

    `shares` are the shares of replaced or inserted pixels, 0 to 1, one per step of the curve.
    """
    dashes = dict(zip(controls, ((1, 1), (3, 1), (5, 1.5), (3, 1, 1, 1), (6, 1, 1, 1)), strict=False))
    for subject, title in controls.items():
        style = {"color": theme.faint, "dashes": dashes.get(subject, (2, 2)), "label": title, "linewidth": 1.1}
        mean_line(axes, shares, curves[subject], **style)
    for method in methods:
        values = curves[method.key]
        mean_line(axes, shares, values, color=method.colour, label=method.name, linewidth=1.9)
        band(axes, shares, values, method.colour)
    percent(axes.xaxis)
    axes.set_ylim(0, 1)
    tidy(axes, theme)
