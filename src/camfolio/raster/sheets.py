"""Sprite sheets: many small images of one size in one PNG, so that a browser fetches few files for many slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from camfolio.raster.pixels import write_png

COLUMNS = 16
TILES = COLUMNS * COLUMNS
"""Tiles on one sheet, row by row; the last sheet may have fewer tiles and rows."""


def write_sheets(out: Path, name: str, tiles: UInt8[np.ndarray, "n height width"]) -> int:
    """Write `NAME-000.png`, `NAME-001.png`, ... with `TILES` tiles each; returns the number of sheets."""
    starts = range(0, len(tiles), TILES)
    for number, start in enumerate(starts):
        write_png(out / f"{name}-{number:03d}.png", sheet(tiles[start : start + TILES]))
    return len(starts)


def sheet(tiles: UInt8[np.ndarray, "n height width"]) -> UInt8[np.ndarray, "rows columns"]:
    """Tiles side by side, `COLUMNS` in a row; missing tiles of the last row are black.

    >>> sheet(np.full((1, 1, 2), 7, np.uint8)).shape
    (1, 32)
    """
    n, height, width = tiles.shape
    rows = -(-n // COLUMNS)
    padded = np.zeros((rows * COLUMNS, height, width), np.uint8)
    padded[:n] = tiles
    pixels: UInt8[np.ndarray, "rows columns"] = (
        padded.reshape(rows, COLUMNS, height, width).swapaxes(1, 2).reshape(rows * height, COLUMNS * width)
    )
    return pixels
