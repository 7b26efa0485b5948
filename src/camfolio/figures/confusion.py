"""Figure: the confusion matrix, with counts and row percentages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import Theme, counts_colormap, new_figure
from camfolio.results.evaluation import EvaluationResult
from camfolio.vocabulary import as_percent


def run(*, out: Path, evaluation: Path, classes: tuple[str, str]) -> None:
    """Draw from `evaluation.json`."""
    write(out, drawing(np.array(EvaluationResult.read(evaluation).confusion.matrix), classes))


def drawing(counts: np.ndarray, classes: tuple[str, str]) -> Drawing:
    """A 2x2 matrix, shaded by the share of its row."""
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    has_slices = counts.sum(1) > 0
    rows = [
        [true, predicted, int(counts[i, j]), float(shares[i, j]) if has_slices[i] else ""]
        for i, true in enumerate(classes)
        for j, predicted in enumerate(classes)
    ]
    alt = "Confusion matrix of the test slices. " + " ".join(
        f"Of {counts[i].sum()} {true} slices {counts[i, i]} ({as_percent(float(shares[i, i]))}) are predicted {true}."
        if has_slices[i]
        else f"There are no {true} slices."
        for i, true in enumerate(classes)
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 4.2, 3.7, layout="constrained")
        matrix(figure.subplots(), counts, shares, classes, theme)
        return figure

    return Drawing(draw, alt, ["label", "predicted", "slices", "share of row"], rows)


def matrix(axes: Axes, counts: np.ndarray, shares: np.ndarray, classes: tuple[str, str], theme: Theme) -> None:
    """Cells with counts in large and percentages in small type."""
    axes.imshow(shares, cmap=counts_colormap(theme), vmin=0, vmax=1.25)
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row - 0.06, str(count), ha="center", va="center", fontsize=19)
        percentage = f"{as_percent(float(shares[row, column]), 1)} of row" if counts[row].any() else "no slices"
        axes.text(column, row + 0.24, percentage, ha="center", va="center", fontsize=8.5)
    axes.set_xticks([0, 1], classes)
    axes.set_yticks([0, 1], classes, rotation=90, va="center")
    axes.set_xlabel("predicted class")
    axes.set_ylabel("label")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
