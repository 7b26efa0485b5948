"""Figure: test slices drawn at random, and their maps by all methods."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from camfolio.figures.drawing.examples import Example, ExampleFolders, energy_shares_text, outcome, outcome_title
from camfolio.figures.drawing.grid import rows_of
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.panels import show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, Place, Theme, new_figure
from camfolio.vocabulary import as_percent

COLUMNS = {PAGE: 4, PHONE: 2}
"""Panels beside each other."""


def run(*, out: Path, looks: Looks, **folders: Path) -> None:
    """Draw the slices that selection sampled with the study's seed."""
    examples = ExampleFolders(**folders)
    cases = examples.cases(looks.methods[0].key).random
    if not cases:
        write_empty(out, "No slice was drawn at random: selection.random is 0.")
        return
    write(out, drawing([examples.load(case, looks.scaling) for case in cases], looks))


def drawing(examples: Sequence[Example], looks: Looks) -> Drawing:
    """A row per slice, or as many as its panels need: the slice alone, then its overlay by every method."""
    methods, classes = looks.methods, looks.classes
    descriptions = (
        f"slice {example.case.id}, {outcome(example.case, classes)}, "
        f"energy inside {energy_shares_text(example, methods)}"
        for example in examples
    )
    alt = f"{len(examples)} test slices drawn at random, and their maps: {'; '.join(descriptions)}."

    def draw(theme: Theme, place: Place) -> Figure:
        count = 1 + len(methods)
        columns = min(count, COLUMNS[place])
        rows = rows_of(count, columns)
        width = place.width / COLUMNS[place] * columns
        figure = new_figure(theme, width, 2.1 * rows * len(examples), layout="constrained")
        grid = figure.subplots(rows * len(examples), columns, squeeze=False).reshape(len(examples), -1)
        for row, example in zip(grid, examples, strict=True):
            for axes in row[count:]:
                axes.remove()
            for axes in row[:count]:
                show_slice(axes, example.hounsfield, looks.window_hu, example.spacing_mm)
                show_outline(axes, example.mask)
            row[0].set_title(outcome_title(example.case, classes), fontsize=SMALL)
            for axes, method in zip(row[1:count], methods, strict=True):
                show_overlay(axes, example.scaled_maps[method.key])
                axes.set_title(f"{method.name}: {as_percent(example.energy_shares[method.key])} inside", fontsize=SMALL)
        return figure

    rows = [
        [example.case.id, method.key, "" if (share := example.energy_shares[method.key]) is None else share]
        for example in examples
        for method in methods
    ]
    return Drawing(draw, alt, ["slice", "method", "energy share"], rows)
