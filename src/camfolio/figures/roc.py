"""Figure: the ROC curve of the network beside that of the nodule's area."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.output import Drawing, write, write_empty
from camfolio.figures.style import Theme, new_figure, tidy
from camfolio.stages.files import read_json

NAMES = {"network": "network", "area": "nodule's area alone"}


def run(*, out: Path, evaluation: Path) -> None:
    """Draw from `evaluation.json`; a test part of one class has no curve."""
    result = read_json(evaluation / "evaluation.json")
    if result["roc"]["network"] is None:
        write_empty(out, "All test slices are of one class: a ROC curve is not defined.")
        return
    write(out, drawing(result))


def drawing(result: dict[str, Any]) -> Drawing:
    """Two curves and the chance line."""
    curves = result["roc"]
    values = {"network": result["metrics"]["auc"]["value"], "area": result["baseline"]["auc"]["value"]}
    rows = [
        [NAMES[name], x, y]
        for name, curve in curves.items()
        for x, y in zip(curve["false_positive"], curve["true_positive"], strict=True)
    ]
    alt = (
        f"ROC curves on the test slices. The network's has an area of {values['network']:.3f}, that of the nodule's area "
        f"alone {values['area']:.3f}; a diagonal line marks chance."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 4.4, 4.0, layout="constrained")
        curve_panel(figure.subplots(), curves, values, theme)
        return figure

    return Drawing(draw, alt, ["score", "1 - specificity", "sensitivity"], rows)


def curve_panel(axes: Axes, curves: dict[str, Any], values: dict[str, float], theme: Theme) -> None:
    """Curves as steps, named in the empty corner."""
    looks = {"network": (theme.accent, "-"), "area": (theme.faint, "--")}
    for name, (colour, dash) in looks.items():
        label = f"{NAMES[name]}, AUC {values[name]:.3f}"
        curve = curves[name]
        axes.plot(curve["false_positive"], curve["true_positive"], dash, color=colour, linewidth=1.8, label=label)
    axes.plot([0, 1], [0, 1], ":", color=theme.faint, linewidth=1)
    axes.text(0.42, 0.37, "chance", color=theme.faint, fontsize=8.5)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel="1 - specificity", ylabel="sensitivity", aspect="equal")
    axes.legend(frameon=False, loc="lower right", fontsize=8.5, labelcolor=theme.ink)
    tidy(axes, theme)
