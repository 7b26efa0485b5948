"""Figure: one example of one method: slice, map, and both together with the mask's outline."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from camfolio.figures.drawing.examples import Example, ExampleFolders, outcome
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.panels import ramp_of, show_map, show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import Theme, new_figure
from camfolio.vocabulary import SCALING_NAMES, MethodLook

NOTHING = {
    "misclassified": "No test slice was misclassified: there is no such example.",
    "good": (
        "There is no good example: no correctly classified test slice has both a map and a mask and belongs to a patient "
        "who is not shown above."
    ),
    "bad": (
        "There is no bad example: no correctly classified test slice has both a map and a mask and belongs to a patient "
        "who is not shown above."
    ),
}


def run(*, out: Path, looks: Looks, method: MethodLook, kind: str, **folders: Path) -> None:
    """Draw the example that selection chose, or say why there is none."""
    read = ExampleFolders(**folders)
    case = read.case(method.key, kind)
    if case is None:
        write_empty(out, NOTHING[kind])
        return
    write(out, drawing(read.load(case, looks.scaling), method, looks))


def drawing(example: Example, method: MethodLook, looks: Looks) -> Drawing:
    """Three panels and a colour bar."""
    values, scaled = example.maps[method.key], example.shown[method.key]
    share = example.case.energy_share
    title = outcome(example.case, looks.classes)
    alt = (
        f"{method.name} on slice {example.case.id}: {title}. {peak_words(values, example.mask)} "
        f"{energy_words(share, example.mask)}"
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 8.4, 2.8, layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        show_slice(left, example.hounsfield, looks.window_hu, example.spacing_mm)
        left.set_title(title, fontsize=8)
        show_map(middle, scaled, theme)
        top = f"max {values.max():.3g}" if scaled.scaling == "per_image" else f"1 is {scaled.limit:.3g}"
        middle.set_title(f"{method.name}, {top}", fontsize=8.5)
        show_slice(right, example.hounsfield, looks.window_hu, example.spacing_mm)
        show_overlay(right, scaled)
        show_outline(right, example.mask)
        right.set_title(
            "share inside not defined" if share is None else f"{share:.0%} of the energy inside", fontsize=8.5
        )
        colours = ScalarMappable(Normalize(scaled.lowest, 1), ramp_of(scaled))
        bar = figure.colorbar(colours, ax=right, shrink=0.86, ticks=[scaled.lowest, (scaled.lowest + 1) / 2, 1])
        bar.set_label(fill(SCALING_NAMES[scaled.scaling], 34), fontsize=7.5)
        bar.outline.set_visible(False)
        return figure

    rows = [
        [
            row,
            column,
            float(example.hounsfield[row, column]),
            bool(example.mask[row, column]),
            float(values[row, column]),
        ]
        for row, column in np.ndindex(values.shape)
    ]
    return Drawing(draw, alt, ["row", "column", "hounsfield", "nodule", method.key], rows)


def energy_words(share: float | None, mask: np.ndarray) -> str:
    """How much of a map lies inside the nodule's mask, and how much of the slice the mask covers."""
    if not mask.any():
        return "The slice has no mask, so no share of energy is defined."
    if share is None:
        return f"No share of energy is defined for the nodule's mask, which covers {mask.mean():.1%} of the slice."
    return (
        f"{share:.0%} of the map's energy lies inside the nodule's mask, which covers {mask.mean():.1%} of the slice."
    )


def peak_words(values: np.ndarray, mask: np.ndarray) -> str:
    """Where the map is highest."""
    if values.max() <= 0:
        return "The map is empty."
    row, column = np.unravel_index(values.argmax(), values.shape)
    if not mask.any():
        return f"The map is highest at row {row}, column {column}."
    return f"The map is highest {'inside' if mask[row, column] else 'outside'} the nodule."
