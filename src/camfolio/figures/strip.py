"""Figure: one misclassified slice and its maps by all methods, side by side."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from camfolio.figures.drawing.examples import Example, ExampleFolders, energy_shares_text, outcome, outcome_title
from camfolio.figures.drawing.grid import panels_of, rows_of
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.panels import show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, Place, Theme, new_figure
from camfolio.vocabulary import as_percent

COLUMNS = {PAGE: 4, PHONE: 2}
"""Panels beside each other."""


def run(*, out: Path, looks: Looks, **folders: Path) -> None:
    """Draw the misclassified slice with the highest probability, or write that there is none."""
    examples = ExampleFolders(**folders)
    case = examples.case(looks.methods[0].key, "misclassified")
    if case is None:
        write_empty(out, "No test slice was misclassified: there is nothing to compare here.")
        return
    write(out, drawing(examples.load(case, looks.scaling), looks))


def drawing(example: Example, looks: Looks) -> Drawing:
    """The slice, then its overlay by every method, on a page at most four panels to a row."""
    methods = looks.methods
    title = outcome(example.case, looks.classes)
    alt = (
        f"Slice {example.case.id}: {title}, and its maps side by side. "
        f"Energy inside the nodule's mask: {energy_shares_text(example, methods)}."
    )

    def draw(theme: Theme, place: Place) -> Figure:
        count = 1 + len(methods)
        columns = min(count, COLUMNS[place])
        width = place.width / COLUMNS[place] * columns
        figure = new_figure(theme, width, 2.15 * rows_of(count, columns), layout="constrained")
        panels = panels_of(figure, count, columns)
        for axes in panels:
            show_slice(axes, example.hounsfield, looks.window_hu, example.spacing_mm)
            show_outline(axes, example.mask)
        panels[0].set_title(outcome_title(example.case, looks.classes), fontsize=SMALL)
        for axes, method in zip(panels[1:], methods, strict=True):
            show_overlay(axes, example.scaled_maps[method.key])
            axes.set_title(f"{method.name}: {as_percent(example.energy_shares[method.key])} inside", fontsize=SMALL)
        return figure

    rows = [[method.key, "" if (share := example.energy_shares[method.key]) is None else share] for method in methods]
    return Drawing(draw, alt, ["method", "energy share"], rows)
