"""Figure: slices of both classes with their outlines, drawn at random, as a radiologist would lay them out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from camfolio.data.slices import Slices
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.panels import show_outline, show_slice
from camfolio.figures.drawing.style import Theme, new_figure

COLUMNS = 6
PER_CLASS = 18


def run(*, out: Path, slices: Path, classes: tuple[str, str], window_hu: tuple[float, float], seed: int) -> None:
    """Draw up to 18 slices per class."""
    write(out, drawing(Slices.load(slices / "slices.npz"), classes, window_hu, seed))


def drawing(data: Slices, classes: tuple[str, str], window_hu: tuple[float, float], seed: int) -> Drawing:
    """First the rows of label 0, then those of label 1; every slice has its id above it, every row its class beside it."""
    chosen = {label: drawn(data, label, seed) for label in (0, 1)}
    counts = [f"{len(index)} of {int((data.label == label).sum())} {classes[label]}" for label, index in chosen.items()]
    alt = f"Slices drawn at random, with the outlines of their masks: {' and '.join(counts)}."
    laid_out = [index[i : i + COLUMNS] for index in chosen.values() for i in range(0, len(index), COLUMNS)]

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 1.4 * COLUMNS + 0.3, 1.72 * len(laid_out), layout="constrained")
        panels = figure.subplots(len(laid_out), COLUMNS, squeeze=False)
        for row, index in zip(panels, laid_out, strict=True):
            for axes, one in zip(row, index, strict=False):
                show_slice(axes, data.hounsfield[one], window_hu, float(data.spacing[one, 1]))
                show_outline(axes, data.mask[one])
                axes.set_title(str(data.id[one]).replace("-n", "\nn", 1), fontsize=6.5, loc="center")
            row[0].set_ylabel(classes[data.label[index[0]]], fontsize=8.5)
            for axes in row[len(index) :]:
                axes.remove()
        return figure

    rows = [
        [str(data.id[one]), classes[label], float(data.area_mm2[one]) if data.mask[one].any() else ""]
        for label, index in chosen.items()
        for one in index
    ]
    return Drawing(draw, alt, ["slice", "class", "area mm2"], rows)


def drawn(data: Slices, label: int, seed: int) -> list[int]:
    """Places of up to 18 slices of one class, drawn with the seed, in the order of their ids."""
    index = np.flatnonzero(data.label == label)
    order = np.random.default_rng(seed).permutation(len(index))[:PER_CLASS]
    return sorted(index[order].tolist(), key=lambda one: str(data.id[one]))
