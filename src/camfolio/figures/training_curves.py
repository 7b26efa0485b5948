"""Figure: loss, accuracy and AUC per epoch, training and validation, the epoch marked whose weights are used."""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from camfolio.figures.drawing.grid import panels_of, rows_of
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, Place, Theme, new_figure, tidy
from camfolio.results.training import Epoch, TrainingResult
from camfolio.vocabulary import as_number

METRICS = {"loss": "cross-entropy", "accuracy": "accuracy", "auc": "AUC"}
PARTS = ("training", "validation")
COLUMNS = {PAGE: 3, PHONE: 1}
"""Panels beside each other."""


def run(*, out: Path, training: Path) -> None:
    """Draw from `training.json`; a loaded network has no history, so a sentence is written instead."""
    result = TrainingResult.read(training)
    if not result.history:
        write_empty(out, f"The network was loaded from {result.loaded}: there is no training to show.")
        return
    write(out, drawing(result))


def drawing(result: TrainingResult) -> Drawing:
    """Three panels, loss, accuracy and AUC, against the epoch."""
    columns = ["epoch", *(f"{part}/{name}" for name in METRICS for part in PARTS)]
    rows = [
        [number, *("" if (value := metric(epoch, part, name)) is None else value for name in METRICS for part in PARTS)]
        for number, epoch in enumerate(result.history, start=1)
    ]
    validation, training = (
        {name: as_number(metric(result.kept, part, name), 3) for name in ("accuracy", "auc")}
        for part in ("validation", "training")
    )
    alt = (
        f"Three line charts over {result.epochs} {'epoch' if result.epochs == 1 else 'epochs'}, training and validation. "
        f"{loss_text(result)} Validation accuracy at that epoch is {validation['accuracy']} (training {training['accuracy']}), "
        f"validation AUC {validation['auc']} (training {training['auc']})."
    )

    def draw(theme: Theme, place: Place) -> Figure:
        count, columns = len(METRICS), COLUMNS[place]
        figure = new_figure(theme, place.width, 2.6 * rows_of(count, columns), layout="constrained")
        for axes, name in zip(panels_of(figure, count, columns), METRICS, strict=True):
            panel(axes, name, result, theme)
        return figure

    return Drawing(draw, alt, columns, rows)


def metric(epoch: Epoch, part: str, name: str) -> float | None:
    """A metric of one epoch on a part, `training` or `validation`; None where not defined."""
    value: float | None = getattr(getattr(epoch, part), name)
    return value


def loss_text(result: TrainingResult) -> str:
    """The validation loss at the first epoch and at the one whose weights are used."""
    first, lowest = (as_number(epoch.validation.loss, 3) for epoch in (result.first, result.kept))
    if result.averaged:
        return f"Validation loss of the averaged weights is {first} at epoch 1 and {lowest} at the last, {result.kept_epoch}."
    if result.kept_epoch == 1:
        return f"Validation loss is lowest, {lowest}, at epoch 1."
    return f"Validation loss is {first} at epoch 1 and lowest, {lowest}, at epoch {result.kept_epoch}."


def panel(axes: Axes, name: str, result: TrainingResult, theme: Theme) -> None:
    """One metric of training and validation; gaps where it is not defined."""
    epochs, best = range(1, result.epochs + 1), result.kept_epoch or 1
    styles = {"training": (theme.faint, "--"), "validation": (theme.accent, "-")}
    for part, (colour, dash) in styles.items():
        values = [math.nan if value is None else value for value in (metric(row, part, name) for row in result.history)]
        if not all(map(math.isnan, values)):
            axes.plot(epochs, values, dash, color=colour, linewidth=1.6, label=part)
    value = metric(result.kept, "validation", name)
    axes.axvline(best, color=theme.ink, linewidth=0.7, alpha=0.5)
    if value is not None:
        axes.plot(best, value, "o", color=theme.accent, markersize=5)
    axes.set_title(f"{METRICS[name]}: {as_number(value, 3)} at epoch {best}")
    axes.set_xlabel("epoch")
    axes.set_xlim(0.5, result.epochs + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=SMALL, labelcolor=theme.ink)
    tidy(axes, theme)
