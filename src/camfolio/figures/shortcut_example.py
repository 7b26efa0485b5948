"""Figure: one slice with a planted cue, and its maps by a network that learned the cue and by one that did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit

from camfolio.evidence.shortcut import CUES
from camfolio.explanation.scaling import scaled
from camfolio.figures.drawing.examples import slice_of_test
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.panels import show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import Theme, new_figure
from camfolio.results.arrays.cue_answers import PLAIN, CueAnswers
from camfolio.vocabulary import MethodLook

NETWORKS = ("clean", "shortcut")


@dataclass(frozen=True)
class Cells:
    """What is drawn: the slice without and with the cue, the cue's place, and per network its answers and maps.

    `malignant` is network -> probability of the second class without and with the cue; `maps` network -> method -> map.
    """

    name: str
    hounsfield: tuple[np.ndarray, np.ndarray]
    spacing_mm: float
    place: np.ndarray
    malignant: dict[str, tuple[float, float]]
    maps: dict[str, dict[str, np.ndarray]]


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
    """Draw the slice of the first class that the stage drew at random, under the first network of either kind."""
    folders = dict(zip(NETWORKS, (clean, shortcut), strict=True))
    found = {name: CueAnswers.read(folder) for name, folder in folders.items()}
    one = found["clean"].example
    data = slice_of_test(slices, split, one)
    cells = Cells(
        name=str(data.id[0]),
        hounsfield=(data.hounsfield[0], CUES[cue].put(data.hounsfield)[0]),
        spacing_mm=float(data.spacing[0, 1]),
        place=CUES[cue].place((data.hounsfield.shape[1], data.hounsfield.shape[2])),
        malignant={
            name: (answer(read.logits[PLAIN][one]), answer(read.logits[cue][one])) for name, read in found.items()
        },
        maps={name: {method.key: read.maps[cue][method.key] for method in methods} for name, read in found.items()},
    )
    write(out, drawing(cells, cue, methods, classes, window_hu))


def answer(logits: np.ndarray) -> float:
    """Probability of the second class."""
    return float(expit(logits[1].astype(np.float64) - logits[0]))


def drawing(
    cells: Cells,
    cue: str,
    methods: Sequence[MethodLook],
    classes: tuple[str, str],
    window_hu: tuple[float, float],
) -> Drawing:
    """Two rows: the slice without the cue and the clean network's maps; with it, and the shortcut network's."""
    changes = {
        name: f"p({classes[1]}) {before:.2f} without, {after:.2f} with the cue"
        for name, (before, after) in cells.malignant.items()
    }
    alt = (
        f"Slice {cells.name} without and with {CUES[cue].words} in its upper left corner, and its maps with the cue. "
        f"Clean network: {changes['clean']}. Shortcut network: {changes['shortcut']}."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 2.3 * (1 + len(methods)), 5.2, layout="constrained")
        grid = figure.subplots(2, 1 + len(methods))
        words = ("as it is", f"with the cue ({cue})")
        for row, (name, hounsfield) in enumerate(zip(NETWORKS, cells.hounsfield, strict=True)):
            panel(grid[row, 0], hounsfield, cells, window_hu)
            grid[row, 0].set_title(words[row], fontsize=8.5)
            for axes, method in zip(grid[row, 1:], methods, strict=True):
                panel(axes, cells.hounsfield[1], cells, window_hu)
                show_overlay(axes, scaled(cells.maps[name][method.key], "per_image", 0.0))
                axes.set_title(f"{name}: {method.name}", fontsize=8.5)
            grid[row, 1].set_xlabel(
                f"p({classes[1]}) {cells.malignant[name][0]:.2f} to {cells.malignant[name][1]:.2f}", fontsize=8
            )
        return figure

    rows = [[name, *pair] for name, pair in cells.malignant.items()]
    facts = {"slice": cells.name, "malignant": {name: list(pair) for name, pair in cells.malignant.items()}}
    return Drawing(draw, alt, ["network", "probability without the cue", "with the cue"], rows, facts)


def panel(axes: Axes, hounsfield: np.ndarray, cells: Cells, window_hu: tuple[float, float]) -> None:
    """A slice with the cue's place outlined."""
    show_slice(axes, hounsfield, window_hu, cells.spacing_mm)
    show_outline(axes, cells.place)
