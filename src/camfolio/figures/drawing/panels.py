"""Slices and maps on axes: pixels as pixels, the mask's outline, a scale bar, maps that let the CT through."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.patheffects import withStroke

from camfolio.explanation.scaling import ScaledMap
from camfolio.figures.drawing.style import OUTLINE, Theme

Image = Float[np.ndarray, "height width"]
RAMP = colormaps["inferno"]
SIGNED_RAMP = LinearSegmentedColormap.from_list("signed", ["#08306b", "#4393c3", "#ffffff", "#d6604d", "#67001f"])
OPACITY, GAMMA = 0.85, 0.8
"""How opaque a map is over the slice where it is 1, and how that falls towards 0."""


def show_slice(axes: Axes, hounsfield: Image, window_hu: tuple[float, float], spacing_mm: float) -> None:
    """A slice in its window (HU), not smoothed, with a bar of 10 mm, or fewer where it would fill half of the slice.

    `spacing_mm` is that from column to column, since the bar is horizontal.
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
    text_halo = [withStroke(linewidth=2.0, foreground="black")]
    axes.text(
        start + length / 2,
        row - 0.8,
        f"{length_mm} mm",
        color="white",
        fontsize=6.5,
        ha="center",
        va="bottom",
        path_effects=text_halo,
    )


def scale_bar(spacing_mm: float, width: int) -> tuple[int, float]:
    """The length of a bar in mm and in pixels: 10 mm, or less where that would fill half of the slice.

    >>> scale_bar(1.0, 32), scale_bar(1.0, 16)
    ((10, 10.0), (5, 5.0))
    """
    length_mm = next((bar for bar in (10, 5, 2) if bar / spacing_mm <= width / 2), 1)
    return length_mm, length_mm / spacing_mm


def ramp_of(scaled: ScaledMap) -> Colormap:
    """An even ramp for evidence of one sign; one that parts at zero, which is white, for both."""
    return SIGNED_RAMP if scaled.lowest < 0 else RAMP


def show_map(axes: Axes, scaled: ScaledMap, theme: Theme) -> None:
    """A map in its colours; an empty one says so."""
    axes.imshow(scaled.share, cmap=ramp_of(scaled), vmin=scaled.lowest, vmax=1, interpolation="none")
    blank(axes)
    if scaled.is_empty:
        ink = "black" if scaled.lowest < 0 else "white"
        axes.text(0.5, 0.5, "empty", transform=axes.transAxes, ha="center", va="center", color=ink)
        axes.set_facecolor(theme.paper)


def show_overlay(axes: Axes, scaled: ScaledMap) -> None:
    """A map laid over the slice already there: the farther from zero, the less the CT shines through."""
    axes.imshow(overlay_colours(scaled), interpolation="none")


def overlay_colours(scaled: ScaledMap) -> Float[np.ndarray, "height width 4"]:
    """Red, green, blue and opacity, 0 to 1, of a map over its slice: the farther from zero, the more opaque."""
    colours: Float[np.ndarray, "height width 4"] = np.array(
        ramp_of(scaled)((scaled.share - scaled.lowest) / (1 - scaled.lowest))
    )
    colours[..., 3] = OPACITY * np.abs(scaled.share) ** GAMMA
    return colours


def show_outline(axes: Axes, mask: Bool[np.ndarray, "height width"]) -> None:
    """The nodule's outline along the edges of its pixels, thin with a dark halo under all of it."""
    lines = [list(zip(along, across, strict=True)) for across, along in edges(mask)]
    for colour, width in (("#000000b3", 2.8), (OUTLINE, 1.3)):
        axes.add_collection(
            LineCollection(lines, colors=colour, linewidths=width, capstyle="projecting"), autolim=False
        )


def edges(mask: Bool[np.ndarray, "height width"]) -> list[tuple[list[float], list[float]]]:
    """Pixel edges between nodule and not nodule, each as its two ends ([rows], [columns]).

    >>> edges(np.array([[False, True]]))
    [([-0.5, 0.5], [0.5, 0.5]), ([-0.5, 0.5], [1.5, 1.5]), ([-0.5, -0.5], [0.5, 1.5]), ([0.5, 0.5], [0.5, 1.5])]
    """
    padded = np.pad(mask, 1)
    found = []
    for row, column in np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]):
        found.append(([row - 0.5, row + 0.5], [column - 0.5, column - 0.5]))
    for row, column in np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]):
        found.append(([row - 0.5, row - 0.5], [column - 0.5, column + 0.5]))
    return [([float(v) for v in rows], [float(v) for v in columns]) for rows, columns in found]


def blank(axes: Axes) -> None:
    """No ticks, no frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
