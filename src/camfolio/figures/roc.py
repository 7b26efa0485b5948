"""Figure: the ROC curves of the network and, where there are masks, of the nodule's area alone."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.style import HALF, PAGE, TEXT, Place, Theme, new_figure, tidy
from camfolio.results.evaluation import EvaluationResult, RocCurve
from camfolio.vocabulary import MINUS, as_number

NAMES = {"network": "network", "area": "nodule's area alone"}


def run(*, out: Path, evaluation: Path) -> None:
    """Draw from `evaluation.json`; a test part of one class has no curve."""
    result = EvaluationResult.read(evaluation)
    if result.roc.network is None:
        write_empty(out, f"All test {result.unit}s are of one class: a ROC curve is not defined.")
        return
    write(out, drawing(result))


def drawing(result: EvaluationResult) -> Drawing:
    """The curves that are defined, and the chance line."""
    candidates = {
        "network": (result.roc.network, result.metrics["auc"]),
        "area": (result.roc.area, result.baseline.auc),
    }
    curves = {name: curve for name, (curve, _) in candidates.items() if curve}
    values = {name: auc.value for name, (_, auc) in candidates.items() if auc.value is not None}
    rows = [
        [NAMES[name], x, y]
        for name, curve in curves.items()
        for x, y in zip(curve.false_positive, curve.true_positive, strict=True)
    ]
    area_text = (
        f"that of the nodule's area alone {as_number(values['area'], 3)}"
        if "area" in curves
        else "the nodule's area has no curve, since there are no masks"
    )
    alt = (
        f"ROC over the test {result.unit}s. The network's curve has an area of {as_number(values['network'], 3)}, {area_text}; "
        "a diagonal line marks chance."
    )

    def draw(theme: Theme, _place: Place) -> Figure:
        figure = new_figure(theme, HALF, 3.05, layout="constrained")
        curve_panel(figure.subplots(), curves, values, theme)
        return figure

    return Drawing(draw, alt, ["score", "1 - specificity", "sensitivity"], rows, places=(PAGE,))


def curve_panel(axes: Axes, curves: dict[str, RocCurve], values: dict[str, float], theme: Theme) -> None:
    """The curves with their AUC in the legend, and the diagonal of chance."""
    styles = {"network": (theme.accent, "-"), "area": (theme.faint, "--")}
    for name, curve in curves.items():
        colour, dash = styles[name]
        label = f"{NAMES[name]}, AUC {as_number(values[name], 3)}"
        axes.plot(curve.false_positive, curve.true_positive, dash, color=colour, linewidth=1.8, label=label)
    axes.plot([0, 1], [0, 1], ":", color=theme.faint, linewidth=1)
    axes.text(0.42, 0.37, "chance", color=theme.faint, fontsize=TEXT)
    axes.set(
        xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel=f"1 {MINUS} specificity", ylabel="sensitivity", aspect="equal"
    )
    axes.legend(frameon=False, loc="lower right", fontsize=TEXT, labelcolor=theme.ink)
    tidy(axes, theme)
