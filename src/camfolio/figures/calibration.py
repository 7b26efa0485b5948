"""Figure: calibration, mean predicted probability against the observed share of the second class, bin by bin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import SMALL, TEXT, Theme, new_figure, tidy
from camfolio.results.evaluation import CalibrationBin, EvaluationResult
from camfolio.vocabulary import as_number


def run(*, out: Path, evaluation: Path, classes: tuple[str, str]) -> None:
    """Draw from `evaluation.json`."""
    write(out, drawing(EvaluationResult.read(evaluation), classes))


def drawing(result: EvaluationResult, classes: tuple[str, str]) -> Drawing:
    """A calibration curve with one point per bin, larger for more nodules."""
    bins = result.calibration
    error = result.metrics["calibration_error"].value
    alt = (
        f"Calibration of the probabilities of test {result.unit}s in {len(bins)} bins: mean predicted probability of {classes[1]} against "
        f"the share that is {classes[1]}, with the diagonal of perfect calibration. "
        f"Their mean distance is {as_number(error, 3)}."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 4.4, 4.0, layout="constrained")
        panel(figure.subplots(), bins, classes, result.unit, theme)
        return figure

    return Drawing(draw, alt, list(CalibrationBin.model_fields), [list(dict(row).values()) for row in bins])


def panel(axes: Axes, bins: Sequence[CalibrationBin], classes: tuple[str, str], unit: str, theme: Theme) -> None:
    """The diagonal, and the bins with their numbers of nodules."""
    axes.plot([0, 1], [0, 1], ":", color=theme.faint, linewidth=1)
    axes.plot([row.predicted for row in bins], [row.observed for row in bins], "-", color=theme.accent, linewidth=1)
    for row in bins:
        axes.plot(row.predicted, row.observed, "o", color=theme.accent, markersize=3 + row.nodules**0.5 / 2)
        axes.annotate(
            str(row.nodules), (row.predicted, row.observed), (7, -11), textcoords="offset points", fontsize=SMALL
        )
    axes.text(0.03, 0.95, f"numbers: {unit}s in the bin", color=theme.faint, fontsize=TEXT)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04), aspect="equal")
    axes.set_xlabel(f"predicted probability of {classes[1]}")
    axes.set_ylabel(f"share that is {classes[1]}")
    tidy(axes, theme)
