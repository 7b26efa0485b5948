"""Figure: loss, accuracy and AUC per epoch, training and validation, the best epoch marked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from camfolio.figures.drawing.lines import said
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.style import Theme, new_figure, tidy
from camfolio.stages.results import read_json

METRICS = {"loss": "cross-entropy", "accuracy": "accuracy", "auc": "AUC"}
Epoch = Mapping[str, float | None]


def run(*, out: Path, training: Path) -> None:
    """Draw from `training.json`; a loaded network has no history to draw."""
    result = read_json(training / "training.json")
    if not result["history"]:
        write_empty(out, f"The network was loaded from {result['loaded']}: there is no training to show.")
        return
    write(out, drawing(result))


def drawing(result: dict[str, Any]) -> Drawing:
    """Three small panels that share the epochs."""
    history, best = result["history"], result["best_epoch"]
    columns = ["epoch", *(f"{part}/{name}" for name in METRICS for part in ("training", "validation"))]
    rows = [
        [epoch, *("" if record[name] is None else record[name] for name in columns[1:])]
        for epoch, record in enumerate(history, start=1)
    ]
    at_best = history[best - 1]
    accuracy, auc = (
        f"{said(at_best[f'validation/{name}'], 3)} (training {said(at_best[f'training/{name}'], 3)})"
        for name in ("accuracy", "auc")
    )
    alt = (
        f"Three line charts over {len(history)} {'epoch' if len(history) == 1 else 'epochs'}, training and validation. "
        f"{loss_words(history, best)} Validation accuracy there is {accuracy}, validation AUC {auc}."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 9.0, 3.0, layout="constrained")
        for axes, name in zip(figure.subplots(1, 3), METRICS, strict=True):
            panel(axes, name, history, best, theme)
        return figure

    return Drawing(draw, alt, columns, rows)


def loss_words(history: list[Epoch], best: int) -> str:
    """How the validation loss came to its lowest value."""
    first, lowest = said(history[0]["validation/loss"], 3), said(history[best - 1]["validation/loss"], 3)
    if best == 1:
        return f"Validation loss is lowest, {lowest}, at epoch 1."
    return f"Validation loss is {first} at epoch 1 and lowest, {lowest}, at epoch {best}."


def panel(axes: Axes, name: str, history: list[Epoch], best: int, theme: Theme) -> None:
    """One metric, training and validation; a gap where it is not defined."""
    epochs = range(1, len(history) + 1)
    looks = {"training": (theme.faint, "--"), "validation": (theme.accent, "-")}
    for part, (colour, dash) in looks.items():
        values = [math.nan if value is None else value for value in (row[f"{part}/{name}"] for row in history)]
        if not all(map(math.isnan, values)):
            axes.plot(epochs, values, dash, color=colour, linewidth=1.6, label=part)
    value = history[best - 1][f"validation/{name}"]
    axes.axvline(best, color=theme.ink, linewidth=0.7, alpha=0.5)
    if value is not None:
        axes.plot(best, value, "o", color=theme.accent, markersize=5)
    axes.set_title(f"{METRICS[name]}: {said(value, 3)} at epoch {best}")
    axes.set_xlabel("epoch")
    axes.set_xlim(0.5, len(history) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8.5, labelcolor=theme.ink)
    tidy(axes, theme)
