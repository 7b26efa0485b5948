"""Figure: the maps of one slice during weight randomisation, cascading from the output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from camfolio.explanation.scaling import scaled
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.panels import show_overlay, show_slice
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, Place, Theme, new_figure
from camfolio.results.arrays.similarities import RandomisedExample
from camfolio.results.randomisation import RandomisationResult
from camfolio.vocabulary import MethodLook

COLUMNS = {PAGE: 8, PHONE: 3}
"""Panels beside each other; where the states of a network do not fit, they are rows."""


def run(*, out: Path, randomisation: Path, methods: tuple[MethodLook, ...], window_hu: tuple[float, float]) -> None:
    """Draw from `example.npz` and `randomisation.json`."""
    write(
        out,
        drawing(RandomisationResult.read(randomisation), RandomisedExample.read(randomisation), methods, window_hu),
    )


def drawing(
    result: RandomisationResult,
    example: RandomisedExample,
    methods: Sequence[MethodLook],
    window_hu: tuple[float, float],
) -> Drawing:
    """A row per method, a column per randomised part, or the other way round; each map is a share of its own maximum."""
    columns = ["trained", *result.parts]
    spacing_mm = result.example.spacing_mm
    alt = (
        f"Maps of slice {result.example.id} by {', '.join(method.name for method in methods)}: of the trained network, "
        f"and during weight randomisation, cascading from the output: {', '.join(result.parts)}."
    )

    def draw(theme: Theme, place: Place) -> Figure:
        table, turned = arranged(methods, len(columns), COLUMNS[place])
        beside = max(map(len, table))
        figure = new_figure(theme, place.width, place.width / beside * len(table) + 0.4, layout="constrained")
        for panels, row in zip(figure.subplots(len(table), beside, squeeze=False), table, strict=True):
            for axes in panels[len(row) :]:
                axes.remove()
            for axes, (method, state) in zip(panels, row, strict=False):
                show_slice(axes, example.hounsfield, window_hu, spacing_mm)
                show_overlay(axes, scaled(example.signed[method.key][state], "per_image", 0.0))
                if state == 0 if turned else method == methods[0]:
                    axes.set_title(method.name if turned else columns[state], fontsize=SMALL)
            method, state = row[0]
            panels[0].set_ylabel(columns[state] if turned else method.name, fontsize=SMALL)
        return figure

    rows = [
        [method.key, column, float(signed.min()), float(signed.max())]
        for method in methods
        for column, signed in zip(columns, example.signed[method.key], strict=True)
    ]
    return Drawing(draw, alt, ["method", "randomised down to", "lowest", "highest"], rows)


def arranged(methods: Sequence[MethodLook], states: int, limit: int) -> tuple[list[list[tuple[MethodLook, int]]], bool]:
    """Rows of method and state: a row per method or, where the states are more than `limit`, a row per state of that many methods.

    Also returns whether rows are states.
    """
    if states <= limit:
        return [[(method, state) for state in range(states)] for method in methods], False
    blocks = [methods[start : start + limit] for start in range(0, len(methods), limit)]
    return [[(method, state) for method in block] for block in blocks for state in range(states)], True
