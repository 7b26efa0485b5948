"""Figure: one example of one method: the slice, its map, and the map over the slice with the mask's outline."""

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
from camfolio.figures.drawing.panels import colormap_of, show_map, show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import Theme, new_figure
from camfolio.vocabulary import SCALING_NAMES, MethodLook, as_percent

NO_EXAMPLE = {
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
    """Draw the selected example, or write why there is none."""
    examples = ExampleFolders(**folders)
    case = examples.case(method.key, kind)
    if case is None:
        write_empty(out, NO_EXAMPLE[kind])
        return
    write(out, drawing(examples.load(case, looks.scaling), method, looks))


def drawing(example: Example, method: MethodLook, looks: Looks) -> Drawing:
    """Three panels and a colour bar."""
    values, scaled = example.maps[method.key], example.scaled_maps[method.key]
    share = example.case.energy_share
    title = outcome(example.case, looks.classes)
    alt = (
        f"{method.name} on slice {example.case.id}: {title}. {peak_text(values, example.mask)} "
        f"{energy_text(share, example.mask)}"
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 8.4, 2.8, layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        show_slice(left, example.hounsfield, looks.window_hu, example.spacing_mm)
        left.set_title(title, fontsize=8)
        show_map(middle, scaled, theme)
        maximum = f"max {values.max():.3g}" if scaled.scaling == "per_image" else f"full scale {scaled.limit:.3g}"
        middle.set_title(f"{method.name}, {maximum}", fontsize=8.5)
        show_slice(right, example.hounsfield, looks.window_hu, example.spacing_mm)
        show_overlay(right, scaled)
        show_outline(right, example.mask)
        right.set_title(
            "share inside not defined" if share is None else f"{as_percent(share)} of the energy inside", fontsize=8.5
        )
        colours = ScalarMappable(Normalize(scaled.lowest, 1), colormap_of(scaled))
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


def energy_text(share: float | None, mask: np.ndarray) -> str:
    """The share of the map's energy inside the nodule's mask, and the share of the slice that the mask covers."""
    if not mask.any():
        return "The slice has no mask, so no share of energy is defined."
    covered = f"the nodule's mask, which covers {as_percent(float(mask.mean()), 1)} of the slice."
    if share is None:
        return f"No share of energy is defined for {covered}"
    return f"{as_percent(share)} of the map's energy lies inside {covered}"


def peak_text(values: np.ndarray, mask: np.ndarray) -> str:
    """The position of the map's maximum."""
    if values.max() <= 0:
        return "The map is empty."
    row, column = np.unravel_index(values.argmax(), values.shape)
    if not mask.any():
        return f"The map is highest at row {row}, column {column}."
    return f"The map is highest {'inside' if mask[row, column] else 'outside'} the nodule."
