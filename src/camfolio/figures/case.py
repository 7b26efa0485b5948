"""Figure: one example of one method: the slice, its map, and the map over the slice with the mask's outline.

Of an ensemble the map is the mean of its networks' maps, and their disagreement has a panel.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from camfolio.explanation.scaling import ScaledMap
from camfolio.explanation.scaling import scaled as scaled_map
from camfolio.figures.drawing.examples import Example, ExampleFolders, outcome, outcome_title
from camfolio.figures.drawing.grid import in_lines, panels_of, rows_of
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.panels import colormap_of, show_map, show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, Place, Theme, new_figure
from camfolio.vocabulary import FOR_ITS_SIZE, SCALING_NAMES, MethodLook, as_percent

SLICE_VALUES = "hounsfield"
"""Column of the table with the slice's values."""
COLUMNS = {PAGE: 4, PHONE: 2}
"""Panels beside each other."""
NO_EXAMPLE = {
    "misclassified": "No test slice was misclassified: there is no such example.",
} | {
    kind: (
        f"There is no example with the {words}: no correctly classified test slice has both a map and a mask and belongs to "
        "a patient who is not shown as another example."
    )
    for kind, words in FOR_ITS_SIZE.items()
}
"""Kind of example -> why there is none."""


def run(*, out: Path, looks: Looks, method: MethodLook, kind: str, slice_values: bool = True, **folders: Path) -> None:
    """Draw the selected example, or write why there is none; its table has the slice's values only with `slice_values`."""
    examples = ExampleFolders(**folders)
    case = examples.case(method.key, kind)
    if case is None:
        write_empty(out, NO_EXAMPLE[kind])
        return
    found = drawing(examples.load(case, looks.scaling), method, kind, looks)
    write(out, found if slice_values else without_slice_values(found))


def drawing(example: Example, method: MethodLook, kind: str, looks: Looks) -> Drawing:
    """Three panels and a colour bar; a fourth panel with the disagreement of an ensemble. On a phone in two rows."""
    differing = example.disagreement.get(method.key)
    values, scaled = example.maps[method.key], example.scaled_maps[method.key]
    share = example.case.energy_share
    title = outcome(example.case, looks.classes)
    alt = (
        f"{method.name} on slice {example.case.id}{kind_text(kind)}: {title}. {peak_text(values, example.mask)} "
        f"{energy_text(share, example.mask)}"
    ) + ("" if differing is None else f" {disagreement_text(differing, values, example.mask)}")

    def draw(theme: Theme, place: Place) -> Figure:
        count = 3 if differing is None else 4
        columns = min(count, COLUMNS[place])
        height = (0.5 + 0.9 * place.width / columns) * rows_of(count, columns)
        figure = new_figure(theme, place.width, height, layout="constrained")
        left, middle, right, *further = panels_of(figure, count, columns)
        show_slice(left, example.hounsfield, looks.window_hu, example.spacing_mm)
        words = outcome_title(example.case, looks.classes)
        left.set_title(words if differing is None else words.replace(", p =", ",\np ="), fontsize=SMALL)
        show_map(middle, scaled, theme)
        maximum = f"max {values.max():.3g}" if scaled.scaling == "per_image" else f"full scale {scaled.limit:.3g}"
        middle.set_title(
            f"{method.name}, {maximum}" if differing is None else f"{method.name},\n{maximum}", fontsize=SMALL
        )
        show_slice(right, example.hounsfield, looks.window_hu, example.spacing_mm)
        show_overlay(right, scaled)
        show_outline(right, example.mask)
        right.set_title(
            "share inside not defined" if share is None else f"{as_percent(share)} of the energy inside", fontsize=SMALL
        )
        colour_bar(figure, right, scaled, 0.8 * place.width / columns)
        if differing is not None:
            show_map(further[0], scaled_map(differing, "per_image", float(differing.max())), theme)
            show_outline(further[0], example.mask)
            further[0].set_title(f"disagreement,\nmax {differing.max():.3g}", fontsize=SMALL)
        return figure

    cells = zip(example.hounsfield.ravel(), example.mask.ravel(), values.ravel(), strict=True)
    rows = [
        [row, column, float(attenuation), bool(inside), float(value)]
        for (row, column), (attenuation, inside, value) in zip(np.ndindex(values.shape), cells, strict=True)
    ]
    columns = ["row", "column", SLICE_VALUES, "nodule", method.key]
    if differing is not None:
        columns.append("disagreement")
        rows = [[*row, float(value)] for row, value in zip(rows, differing.ravel(), strict=True)]
    return Drawing(draw, alt, columns, rows, {"slice_values": True})


def disagreement_text(differing: np.ndarray, values: np.ndarray, mask: np.ndarray) -> str:
    """How large the standard deviation over an ensemble's maps is where the mean map and the nodule are."""
    relative = float(differing.sum() / values.sum()) if values.sum() > 0 else float("nan")
    text = f"The standard deviation over the networks' maps is {as_percent(relative)} of the mean map on average."
    if not mask.any() or differing.sum() <= 0:
        return text
    inside = float(differing[mask].sum() / differing.sum())
    return f"{text} {as_percent(inside)} of it lies inside the nodule's mask."


def without_slice_values(drawing: Drawing) -> Drawing:
    """The same figure; its table has the map and the mask alone."""
    at = drawing.columns.index(SLICE_VALUES)
    columns = [column for column in drawing.columns if column != SLICE_VALUES]
    rows = [[*row[:at], *row[at + 1 :]] for row in drawing.rows]
    return replace(drawing, columns=columns, rows=rows, facts={})


def kind_text(kind: str) -> str:
    """The kind of example after the slice's id, unless its outcome says it.

    >>> kind_text("median"), kind_text("misclassified")
    (', median energy on the nodule for its size', '')
    """
    return f", {FOR_ITS_SIZE[kind]}" if kind in FOR_ITS_SIZE else ""


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


def colour_bar(figure: Figure, axes: Axes, scaled: ScaledMap, length: float) -> None:
    """The colours of a map under its scaling, beside a panel; `length` is that of the bar, inches."""
    colours = ScalarMappable(Normalize(scaled.lowest, 1), colormap_of(scaled))
    bar = figure.colorbar(colours, ax=axes, shrink=0.86, ticks=[scaled.lowest, (scaled.lowest + 1) / 2, 1])
    bar.set_label(in_lines(SCALING_NAMES[scaled.scaling], length, SMALL), fontsize=SMALL)
    bar.outline.set_visible(False)
