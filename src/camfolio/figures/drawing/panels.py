"""Slices and maps on axes, without interpolation: the mask's outline, a scale bar, translucent overlays."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.patheffects import withStroke

from camfolio.explanation.scaling import ScaledMap
from camfolio.figures.drawing.style import OUTLINE, SMALL, Theme

COLORMAP = colormaps["inferno"]
SIGNED_COLORMAP = LinearSegmentedColormap.from_list("signed", ["#08306b", "#4393c3", "#ffffff", "#d6604d", "#67001f"])
OPACITY, GAMMA = 0.85, 0.8
"""Opacity of an overlay where the scaled map is 1 (or -1), and the exponent with which it falls towards 0."""


def show_slice(
    axes: Axes,
    hounsfield: Float[np.ndarray, "height width"],
    window_hu: tuple[float, float],
    spacing_mm: float,
    *,
    bar_label: bool = True,
) -> None:
    """Draw a slice in a window (HU), without interpolation, with a scale bar (see `scale_bar`).

    `spacing_mm` is the spacing from column to column, since the bar is horizontal. A picture that is shown at any size has
    no label at the bar.
    """
    axes.imshow(hounsfield, cmap="gray", vmin=window_hu[0], vmax=window_hu[1], interpolation="none")
    blank(axes)
    height, width = hounsfield.shape
    length_mm, length = scale_bar(spacing_mm, width)
    start, row = width - 2.5 - length, height - 2.5
    halo = [withStroke(linewidth=3.2, foreground="black")]
    axes.plot(
        [start, start + length], [row, row], color="white", linewidth=1.6, solid_capstyle="butt", path_effects=halo
    )
    if not bar_label:
        return
    text_halo = [withStroke(linewidth=2.0, foreground="black")]
    axes.text(
        start + length / 2,
        row - 0.8,
        f"{length_mm} mm",
        color="white",
        fontsize=SMALL,
        ha="center",
        va="bottom",
        path_effects=text_halo,
    )


def scale_bar(spacing_mm: float, width: int) -> tuple[int, float]:
    """The length of a scale bar in mm and in pixels: 10 mm, or less where that would exceed half of the width.

    >>> scale_bar(1.0, 32), scale_bar(1.0, 16)
    ((10, 10.0), (5, 5.0))
    """
    length_mm = next((bar for bar in (10, 5, 2) if bar / spacing_mm <= width / 2), 1)
    return length_mm, length_mm / spacing_mm


def colormap_of(scaled: ScaledMap) -> Colormap:
    """A diverging colormap, white at zero, for signed maps; a sequential one for maps >= 0."""
    return SIGNED_COLORMAP if scaled.lowest < 0 else COLORMAP


def show_map(axes: Axes, scaled: ScaledMap, theme: Theme) -> None:
    """Draw a map in its colours, and the word "empty" on a map that is zero everywhere."""
    axes.imshow(scaled.share, cmap=colormap_of(scaled), vmin=scaled.lowest, vmax=1, interpolation="none")
    blank(axes)
    if scaled.is_empty:
        ink = "black" if scaled.lowest < 0 else "white"
        axes.text(0.5, 0.5, "empty", transform=axes.transAxes, ha="center", va="center", color=ink)
        axes.set_facecolor(theme.paper)


def show_overlay(axes: Axes, scaled: ScaledMap) -> None:
    """Draw a translucent map over the slice on these axes; opacity increases with the map's magnitude."""
    axes.imshow(overlay_colours(scaled), interpolation="none")


def overlay_colours(scaled: ScaledMap) -> Float[np.ndarray, "height width 4"]:
    """Red, green, blue and opacity, each 0 to 1, of an overlay; opacity increases with the map's magnitude."""
    colours: Float[np.ndarray, "height width 4"] = np.array(
        colormap_of(scaled)((scaled.share - scaled.lowest) / (1 - scaled.lowest))
    )
    colours[..., 3] = OPACITY * np.abs(scaled.share) ** GAMMA
    return colours


def show_outline(axes: Axes, mask: Bool[np.ndarray, "height width"]) -> None:
    """Draw the nodule's outline along the edges of its pixels: a thin line on a dark halo."""
    lines = [list(zip(columns, rows, strict=True)) for rows, columns in edges(mask)]
    for colour, width in (("#000000b3", 2.8), (OUTLINE, 1.3)):
        axes.add_collection(
            LineCollection(lines, colors=colour, linewidths=width, capstyle="projecting"), autolim=False
        )


def edges(mask: Bool[np.ndarray, "height width"]) -> list[tuple[list[float], list[float]]]:
    """Pixel edges between nodule and background, each as its two ends ([rows], [columns]).

    >>> edges(np.array([[False, True]]))
    [([-0.5, 0.5], [0.5, 0.5]), ([-0.5, 0.5], [1.5, 1.5]), ([-0.5, -0.5], [0.5, 1.5]), ([0.5, 0.5], [0.5, 1.5])]
    """
    padded = np.pad(mask, 1)
    segments = []
    for row, column in np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]):
        segments.append(([row - 0.5, row + 0.5], [column - 0.5, column - 0.5]))
    for row, column in np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]):
        segments.append(([row - 0.5, row - 0.5], [column - 0.5, column + 0.5]))
    return [([float(v) for v in rows], [float(v) for v in columns]) for rows, columns in segments]


def blank(axes: Axes) -> None:
    """Remove ticks and frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
