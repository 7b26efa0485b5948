"""Figure: one slice with a planted cue, and its maps by a clean network and by one trained with the cue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit

from camfolio.evidence.shortcut import CUES
from camfolio.explanation.scaling import scaled
from camfolio.figures.drawing.examples import read_test_slice
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.panels import show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, Place, Theme, new_figure
from camfolio.results.arrays.cue_outputs import PLAIN, CueOutputs
from camfolio.vocabulary import MethodLook

NETWORKS = ("clean", "shortcut")


@dataclass(frozen=True)
class ShortcutExample:
    """A slice without and with the cue, with predictions and maps by a clean and a shortcut network.

    Attributes:
        id: of the slice.
        hounsfield: the slice without and with the cue, HU, (height, width) each.
        spacing_mm: mm per pixel from column to column.
        region: True in the cue's region, (height, width).
        probability: network -> probability of the second class without and with the cue.
        maps: network -> method -> map of the slice with the cue, >= 0, (height, width).
    """

    id: str
    hounsfield: tuple[np.ndarray, np.ndarray]
    spacing_mm: float
    region: np.ndarray
    probability: dict[str, tuple[float, float]]
    maps: dict[str, dict[str, np.ndarray]]


COLUMNS = {PAGE: 4, PHONE: 2}
"""Panels beside each other; where a slice and its maps do not fit, the rows become columns."""


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    clean: Path,
    shortcut: Path,
    cue: str,
    methods: tuple[MethodLook, ...],
    classes: tuple[str, str],
    window_hu: tuple[float, float],
) -> None:
    """Draw a slice of the first class, drawn at random by an earlier stage, and maps by one network of each kind."""
    folders = dict(zip(NETWORKS, (clean, shortcut), strict=True))
    write(out, drawing(read_example(slices, split, folders, cue, methods), cue, methods, classes, window_hu))


def read_example(
    slices: Path, split: Path, folders: Mapping[str, Path], cue: str, methods: Sequence[MethodLook]
) -> ShortcutExample:
    """The slice that an earlier stage drew, and what networks make of it.

    Args:
        slices: folder of that stage.
        split: folder of that stage.
        folders: kind of network -> folder of its outputs.
        cue: that was planted.
        methods: whose maps are read.
    """
    outputs = {network: CueOutputs.read(folder) for network, folder in folders.items()}
    index = outputs["clean"].example
    data = read_test_slice(slices, split, index)
    return ShortcutExample(
        id=str(data.id[0]),
        hounsfield=(data.hounsfield[0], CUES[cue].put(data.hounsfield)[0]),
        spacing_mm=float(data.spacing[0, 1]),
        region=CUES[cue].region((data.hounsfield.shape[1], data.hounsfield.shape[2])),
        probability={
            network: (second_class(results.logits[PLAIN][index]), second_class(results.logits[cue][index]))
            for network, results in outputs.items()
        },
        maps={
            network: {method.key: results.maps[cue][method.key] for method in methods}
            for network, results in outputs.items()
        },
    )


def second_class(logits: np.ndarray) -> float:
    """Probability of the second class, from two logits."""
    return float(expit(logits[1].astype(np.float64) - logits[0]))


def drawing(
    example: ShortcutExample,
    cue: str,
    methods: Sequence[MethodLook],
    classes: tuple[str, str],
    window_hu: tuple[float, float],
) -> Drawing:
    """Two rows: the slice without the cue, and the clean network's maps; the slice with it, and the shortcut network's.

    All maps are those of the slice with the cue.
    """
    changes = {
        network: f"p({classes[1]}) {without:.2f} without, {with_cue:.2f} with the cue"
        for network, (without, with_cue) in example.probability.items()
    }
    alt = (
        f"Slice {example.id} without and with {CUES[cue].words} in its upper left corner, and its maps with the cue. "
        f"Clean network: {changes['clean']}. Shortcut network: {changes['shortcut']}."
    )

    def draw(theme: Theme, place: Place) -> Figure:
        figure, grid = figure_with(1 + len(methods), theme, place)
        titles = ("without the cue", f"with the cue ({cue})")
        for row, (network, hounsfield) in enumerate(zip(NETWORKS, example.hounsfield, strict=True)):
            panel(grid[row, 0], hounsfield, example, window_hu)
            grid[row, 0].set_title(titles[row], fontsize=SMALL)
            found = (f"{kind} {both[row]:.2f}" for kind, both in example.probability.items())
            grid[row, 0].set_xlabel(f"p({classes[1]})\n{', '.join(found)}", fontsize=SMALL)
            for axes, method in zip(grid[row, 1:], methods, strict=True):
                panel(axes, example.hounsfield[1], example, window_hu)
                show_overlay(axes, scaled(example.maps[network][method.key], "per_image", 0.0))
                axes.set_title(f"{network}: {method.name}", fontsize=SMALL)
        return figure

    rows = [[network, *pair] for network, pair in example.probability.items()]
    facts = {"slice": example.id, "malignant": {network: list(pair) for network, pair in example.probability.items()}}
    return Drawing(draw, alt, ["network", "probability without the cue", "with the cue"], rows, facts)


def figure_with(count: int, theme: Theme, place: Place) -> tuple[Figure, np.ndarray]:
    """A figure, and its axes for two networks, (2, count): in two rows or, where `count` panels are too wide, in two columns."""
    columns = count if count <= COLUMNS[place] else len(NETWORKS)
    rows = len(NETWORKS) * count // columns
    width = place.width / max(COLUMNS[place], columns) * columns
    figure = new_figure(theme, width, width / columns * 1.25 * rows, layout="constrained")
    grid: np.ndarray = figure.subplots(rows, columns)
    return figure, grid if columns == count else grid.T


def panel(axes: Axes, hounsfield: np.ndarray, example: ShortcutExample, window_hu: tuple[float, float]) -> None:
    """A slice with the outline of the cue's region."""
    show_slice(axes, hounsfield, window_hu, example.spacing_mm)
    show_outline(axes, example.region)
