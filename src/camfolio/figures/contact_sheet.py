"""Figure: contact sheet of slices drawn at random from both classes, with the outlines of their masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from camfolio.data.slices import Slices
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.panels import show_outline, show_slice
from camfolio.figures.drawing.style import PAGE, PHONE, SMALL, TEXT, Place, Theme, new_figure

COLUMNS = {PAGE: 6, PHONE: 3}
PER_CLASS = 18


def run(*, out: Path, slices: Path, classes: tuple[str, str], window_hu: tuple[float, float], seed: int) -> None:
    """Draw up to 18 slices per class."""
    write(out, drawing(Slices.load(slices / "slices.npz"), classes, window_hu, seed))


def drawing(data: Slices, classes: tuple[str, str], window_hu: tuple[float, float], seed: int) -> Drawing:
    """Rows of label 0, then of label 1; slices are titled with their ids, rows labelled with their class."""
    sampled = {label: sample(data, label, seed) for label in (0, 1)}
    counts = [
        f"{len(indices)} of {int((data.label == label).sum())} {classes[label]}" for label, indices in sampled.items()
    ]
    alt = f"Slices drawn at random, with the outlines of their masks: {' and '.join(counts)}."

    def draw(theme: Theme, place: Place) -> Figure:
        columns = COLUMNS[place]
        grid = [indices[i : i + columns] for indices in sampled.values() for i in range(0, len(indices), columns)]
        figure = new_figure(theme, place.width, 1.48 * len(grid), layout="constrained")
        panels = figure.subplots(len(grid), columns, squeeze=False)
        for row, indices in zip(panels, grid, strict=True):
            for axes, index in zip(row, indices, strict=False):
                show_slice(axes, data.hounsfield[index], window_hu, float(data.spacing[index, 1]))
                show_outline(axes, data.mask[index])
                axes.set_title(str(data.id[index]).replace("-n", "\nn", 1), fontsize=SMALL, loc="center")
            row[0].set_ylabel(classes[data.label[indices[0]]], fontsize=TEXT)
            for axes in row[len(indices) :]:
                axes.remove()
        return figure

    rows = [
        [str(data.id[index]), classes[label], float(data.area_mm2[index]) if data.mask[index].any() else ""]
        for label, indices in sampled.items()
        for index in indices
    ]
    return Drawing(draw, alt, ["slice", "class", "area mm2"], rows)


def sample(data: Slices, label: int, seed: int) -> list[int]:
    """Indices of up to 18 slices of one class, drawn at random with the seed, in the order of their ids."""
    indices = np.flatnonzero(data.label == label)
    order = np.random.default_rng(seed).permutation(len(indices))[:PER_CLASS]
    return sorted(indices[order].tolist(), key=lambda index: str(data.id[index]))
