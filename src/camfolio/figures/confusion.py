"""Figure: the confusion matrix, with counts and row percentages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import HALF, PAGE, TEXT, Place, Theme, counts_colormap, new_figure
from camfolio.results.evaluation import EvaluationResult
from camfolio.vocabulary import as_percent


def run(*, out: Path, evaluation: Path, classes: tuple[str, str]) -> None:
    """Draw from `evaluation.json`."""
    result = EvaluationResult.read(evaluation)
    write(out, drawing(np.array(result.confusion.matrix), classes, result.unit))


def drawing(counts: np.ndarray, classes: tuple[str, str], unit: str) -> Drawing:
    """A 2x2 matrix, shaded by the share of its row."""
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    has_any = counts.sum(1) > 0
    rows = [
        [true, predicted, int(counts[i, j]), float(shares[i, j]) if has_any[i] else ""]
        for i, true in enumerate(classes)
        for j, predicted in enumerate(classes)
    ]
    alt = f"Confusion matrix of the test {unit}s. " + " ".join(
        f"Of {counts[i].sum()} {true} {unit}s {counts[i, i]} ({as_percent(float(shares[i, i]))}) are predicted {true}."
        if has_any[i]
        else f"There are no {true} {unit}s."
        for i, true in enumerate(classes)
    )

    def draw(theme: Theme, _place: Place) -> Figure:
        figure = new_figure(theme, HALF, 2.95, layout="constrained")
        matrix(figure.subplots(), counts, shares, classes, theme)
        return figure

    return Drawing(draw, alt, ["label", "predicted", f"{unit}s", "share of row"], rows, places=(PAGE,))


def matrix(axes: Axes, counts: np.ndarray, shares: np.ndarray, classes: tuple[str, str], theme: Theme) -> None:
    """Cells with counts in large and percentages in small type."""
    axes.imshow(shares, cmap=counts_colormap(theme), vmin=0, vmax=1.25)
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row - 0.06, str(count), ha="center", va="center", fontsize=21)
        percentage = f"{as_percent(float(shares[row, column]), 1)} of row" if counts[row].any() else "empty row"
        axes.text(column, row + 0.24, percentage, ha="center", va="center", fontsize=TEXT)
    axes.set_xticks([0, 1], classes)
    axes.set_yticks([0, 1], classes, rotation=90, va="center")
    axes.set_xlabel("predicted class")
    axes.set_ylabel("label")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
