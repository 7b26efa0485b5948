"""Figure: loss, accuracy and AUC per epoch, training and validation, the best epoch marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from camfolio.figures.output import Drawing, write, write_empty
from camfolio.figures.style import Theme, new_figure, tidy
from camfolio.stages.files import read_json

METRICS = {"loss": "cross-entropy", "accuracy": "accuracy", "auc": "AUC"}


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
    rows = [[epoch, *(record[name] for name in columns[1:])] for epoch, record in enumerate(history, start=1)]
    first, last = history[0], history[best - 1]
    alt = (
        f"Three line charts over {len(history)} epochs, training and validation. Validation loss falls from "
        f"{first['validation/loss']:.2f} to {last['validation/loss']:.2f} at the best epoch, {best}; validation accuracy "
        f"there is {last['validation/accuracy']:.2f} (training {last['training/accuracy']:.2f}) and validation AUC "
        f"{last['validation/auc']:.3f} (training {last['training/auc']:.3f})."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 9.0, 3.0, layout="constrained")
        for axes, name in zip(figure.subplots(1, 3), METRICS, strict=True):
            panel(axes, name, history, best, theme)
        return figure

    return Drawing(draw, alt, columns, rows)


def panel(axes: Axes, name: str, history: list[dict[str, float]], best: int, theme: Theme) -> None:
    """One metric; the curves carry their names at their ends."""
    epochs = range(1, len(history) + 1)
    looks = {"training": (theme.faint, "--"), "validation": (theme.accent, "-")}
    for part, (colour, dash) in looks.items():
        axes.plot(epochs, [row[f"{part}/{name}"] for row in history], dash, color=colour, linewidth=1.6, label=part)
    value = history[best - 1][f"validation/{name}"]
    axes.axvline(best, color=theme.ink, linewidth=0.7, alpha=0.5)
    axes.plot(best, value, "o", color=theme.accent, markersize=5)
    axes.set_title(f"{METRICS[name]}: {value:.3f} at epoch {best}")
    axes.set_xlabel("epoch")
    axes.set_xlim(0.5, len(history) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=8.5, labelcolor=theme.ink)
    tidy(axes, theme)
