"""Figure: calibration, mean predicted probability against the observed share of the second class, bin by bin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.grid import in_lines
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, TEXT, Place, Theme, new_figure, tidy
from camfolio.results.evaluation import CalibrationBin, EvaluationResult
from camfolio.vocabulary import as_number

WIDTH = {PAGE: 4.4, PHONE: PHONE.width}
"""Of the figure, inches."""
LOW = 0.1
"""Share below which the number of a bin stands above its point, since the axis is below."""


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

    def draw(theme: Theme, place: Place) -> Figure:
        figure = new_figure(theme, WIDTH[place], WIDTH[place] - 0.4, layout="constrained")
        axes = figure.subplots()
        panel(axes, bins, result.unit, theme)
        axes.set_xlabel(in_lines(f"predicted probability of {classes[1]}", WIDTH[place] - 0.7))
        axes.set_ylabel(in_lines(f"share that is {classes[1]}", WIDTH[place] - 1.1))
        return figure

    return Drawing(draw, alt, list(CalibrationBin.model_fields), [list(dict(row).values()) for row in bins])


def panel(axes: Axes, bins: Sequence[CalibrationBin], unit: str, theme: Theme) -> None:
    """The diagonal, and the bins with their numbers of nodules."""
    axes.plot([0, 1], [0, 1], ":", color=theme.faint, linewidth=1)
    axes.plot([row.predicted for row in bins], [row.observed for row in bins], "-", color=theme.accent, linewidth=1)
    for row in bins:
        axes.plot(row.predicted, row.observed, "o", color=theme.accent, markersize=3 + row.nodules**0.5 / 2)
        place = (7, 4) if row.observed < LOW else (7, -11)
        axes.annotate(
            str(row.nodules), (row.predicted, row.observed), place, textcoords="offset points", fontsize=SMALL
        )
    axes.set_title(f"numbers: {unit}s in the bin", fontsize=TEXT)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04), aspect="equal")
    tidy(axes, theme)
