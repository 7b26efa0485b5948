"""Pixels of slices in a window, overlays of maps, and the mask's outline as an SVG path; without interpolation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from camfolio.explanation.scaling import ScaledMap
from camfolio.figures.drawing.panels import edges, overlay_colours, scale_bar

MARGIN = 2
"""Pixels of the slice between the scale bar and the edges."""


def grey(hounsfield: Float[np.ndarray, "*shape"], window_hu: tuple[float, float]) -> UInt8[np.ndarray, "*shape"]:
    """Attenuation (HU) in a window as grey values, 0 to 255.

    >>> grey(np.array([-2000.0, -300.0, 400.0]), (-1000.0, 400.0)).tolist()
    [0, 128, 255]
    """
    low, high = window_hu
    share = np.clip((hounsfield - low) / (high - low), 0, 1)
    values: UInt8[np.ndarray, "*shape"] = np.rint(255 * share).astype(np.uint8)
    return values


def overlay(
    hounsfield: Float[np.ndarray, "height width"], scaled: ScaledMap, window_hu: tuple[float, float]
) -> UInt8[np.ndarray, "height width 3"]:
    """RGB overlay of a map on a slice; opacity increases with the map's magnitude."""
    background = grey(hounsfield, window_hu)[..., None].astype(np.float64)
    colours = overlay_colours(scaled)
    opacity = colours[..., 3:]
    mixed = (1 - opacity) * background + opacity * (255 * colours[..., :3])
    values: UInt8[np.ndarray, "height width 3"] = np.rint(mixed).astype(np.uint8)
    return values


def outline_path(mask: Bool[np.ndarray, "height width"]) -> str:
    """The outline of a mask along its pixels' edges as an SVG path; in pixels, from the upper left corner of the slice.

    >>> outline_path(np.array([[True]]))
    'M0 0V1M1 0V1M0 0H1M0 1H1'
    """
    segments = []
    for rows, columns in edges(mask):
        start = f"M{columns[0] + 0.5:g} {rows[0] + 0.5:g}"
        vertical = columns[0] == columns[1]
        segments.append(f"{start}V{rows[1] + 0.5:g}" if vertical else f"{start}H{columns[1] + 0.5:g}")
    return "".join(segments)


def bar_path(spacing_mm: float, height: int, width: int) -> str:
    """The scale bar of a slice as an SVG path, in pixels; its length is that in figures (see `scale_bar`).

    >>> bar_path(1.0, 32, 32)
    'M20 30h10'
    """
    _, length = scale_bar(spacing_mm, width)
    return f"M{width - MARGIN - length:g} {height - MARGIN}h{length:g}"


def write_png(path: Path, pixels: UInt8[np.ndarray, "height width *channels"]) -> None:
    """Grey or colour pixels as PNG; the same pixels give the same bytes."""
    Image.fromarray(pixels).save(path, optimize=True)
