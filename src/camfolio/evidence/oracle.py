"""The true mask at the resolution of a layer, scored like a map: what a map that marks exactly the nodule reaches there."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64

from camfolio.shapes import Masks


def mask_at_cells(
    masks: Masks,
    row: Int64[np.ndarray, "height width"],
    column: Int64[np.ndarray, "height width"],
    shape: tuple[int, int],
) -> Float64[np.ndarray, "slices rows columns"]:
    """The share of every cell of a layer that the mask covers, 0 to 1; 0 for a cell to which no pixel belongs.

    Not an upper bound of every score: a map with a single cell inside the nodule has more of its energy there.

    Args:
        masks: of the nodules.
        row: of the cell to which each pixel of a slice belongs, from 0.
        column: of that cell, from 0.
        shape: rows and columns of the layer.
    """
    cell = np.ravel_multi_index((row, column), shape).ravel()
    cells, pixels = shape[0] * shape[1], np.bincount(cell, minlength=shape[0] * shape[1])
    covered = [np.bincount(cell, weights=mask.ravel(), minlength=cells) for mask in masks]
    return np.reshape(covered, (len(masks), *shape)) / np.maximum(pixels, 1).reshape(shape)
