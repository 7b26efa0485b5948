"""Figure: the maps of one slice during weight randomisation, child by child: what stays does not come from the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from camfolio.explanation.scaling import scaled
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.panels import show_overlay, show_slice
from camfolio.figures.drawing.style import Theme, new_figure
from camfolio.results.files import read_json
from camfolio.vocabulary import MethodLook


def run(*, out: Path, randomisation: Path, methods: tuple[MethodLook, ...], window_hu: tuple[float, float]) -> None:
    """Draw from `similarity.npz` and `randomisation.json`."""
    with np.load(randomisation / "similarity.npz", allow_pickle=False) as stored:
        maps = {method.key: stored[f"signed/{method.key}"] for method in methods}
        hounsfield = stored["hounsfield"]
    write(out, drawing(read_json(randomisation / "randomisation.json"), hounsfield, maps, methods, window_hu))


def drawing(
    result: Mapping[str, Any],
    hounsfield: np.ndarray,
    maps: Mapping[str, np.ndarray],
    methods: Sequence[MethodLook],
    window_hu: tuple[float, float],
) -> Drawing:
    """A row per method, a column per part; each map is scaled by itself."""
    columns = ["trained", *result["parts"]]
    spacing_mm = result["example"]["spacing_mm"]
    alt = (
        f"Maps of slice {result['example']['id']} by {', '.join(method.name for method in methods)}, of the trained network "
        f"and while its parts are made random from the end: {', '.join(result['parts'])}."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 1.25 * len(columns) + 0.3, 1.3 * len(maps) + 0.3, layout="constrained")
        grid = figure.subplots(len(maps), len(columns), squeeze=False)
        for row, method in enumerate(methods):
            for axes, signed in zip(grid[row], maps[method.key], strict=True):
                show_slice(axes, hounsfield, window_hu, spacing_mm)
                show_overlay(axes, scaled(signed, "per_image", 0.0))
            grid[row, 0].set_ylabel(method.name, fontsize=8.5)
        for axes, name in zip(grid[0], columns, strict=True):
            axes.set_title(name, fontsize=8.5)
        return figure

    rows = [
        [method, column, float(signed.min()), float(signed.max())]
        for method, states in maps.items()
        for column, signed in zip(columns, states, strict=True)
    ]
    return Drawing(draw, alt, ["method", "randomised down to", "lowest", "highest"], rows)
