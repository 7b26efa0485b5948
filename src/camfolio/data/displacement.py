"""Displacement of crops: nodules at random places of their slices, so that their position can be tested.

A crop around its nodule's centroid shows every nodule at the same place: a map that always shows the centre would be right.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Bool

from camfolio.shapes import Masks
from camfolio.statistics.random_generators import slice_generator

Displacement: TypeAlias = tuple[int, int]
"""Pixels of the crop, down and to the right."""

CENTRED: Displacement = (0, 0)
MARGIN = 1
"""Pixels that stay free between a displaced nodule and the border of its slice."""
DIRECTIONS = 64
"""Directions that are tried; the first in which the nodule fits is taken."""
ROUNDING = np.sqrt(0.5)
"""Largest distance from a point to the nearest whole pixel."""


def displacement(masks: Masks, seed: int, nodule: str) -> Displacement:
    """Where a nodule is moved from the centre of its slices: the same whole pixels on all of them, one place in the body.

    The direction is uniform. The distance is uniform from the nodule's radius, that of a disc of the largest mask's area, to
    where the nodule reaches the border, or where a disc of its area reaches the circle inside the slice, from which no
    rotation turns it out of view; a nodule that fits only further out is a radius away. A nodule that does not fit at its
    radius in one direction takes another, random one; if it fits in none, it is moved as far as it stays whole, and not at
    all along an axis along which it is as large as the slice.

    The distance depends on the nodule's size and extent, and the place on nothing else but chance: not on its label.

    Args:
        masks: (slices, size, size), of the nodule, each centred.
        seed: of the study.
        nodule: its id.
    """
    size, radius = masks.shape[-1], np.sqrt(masks.sum((1, 2)).max() / np.pi)
    generator = slice_generator(seed, nodule, "displacement")
    angles = generator.uniform(0, 2 * np.pi, DIRECTIONS)
    headings = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    room = np.where(headings < 0, *(limit[None] for limit in free_pixels(masks)))
    reach = (room / np.abs(headings)).min(1)
    nearest = radius + ROUNDING + off_centre(masks)
    fits = reach >= nearest
    chosen = int(fits.argmax() if fits.any() else reach.argmax())
    farthest = min(reach[chosen], max(nearest, size / 2 - radius))
    distance = generator.uniform(min(nearest, farthest), farthest)
    down, right = np.rint(distance * headings[chosen]).astype(int).tolist()
    return down, right


def free_pixels(masks: Masks) -> tuple[np.ndarray, np.ndarray]:
    """Pixels by which all masks can be moved up and to the left, and down and to the right, before a margin at the border."""
    rows, columns = (np.flatnonzero(masks.any((0, axis))) for axis in (2, 1))
    before = np.array([rows[0], columns[0]]) - MARGIN
    after = np.array(masks.shape[1:]) - 1 - MARGIN - np.array([rows[-1], columns[-1]])
    return before.clip(0), after.clip(0)


def off_centre(masks: Masks) -> float:
    """Largest distance of a mask's centroid from the centre of its slice, in pixels."""
    middle = (np.array(masks.shape[1:]) - 1) / 2
    return max(float(np.hypot(*(np.argwhere(mask).mean(0) - middle))) for mask in masks if mask.any())


def moved(mask: Bool[np.ndarray, "size size"], by: Displacement) -> Bool[np.ndarray, "size size"]:
    """A centred mask at its displaced place; `displacement` moves no pixel of it over the border."""
    shifted: Bool[np.ndarray, "size size"] = np.roll(mask, by, (0, 1))
    return shifted
