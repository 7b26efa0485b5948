"""Small perturbations of slices: white noise, and shifts by one pixel; and other slices, as a reference for similarity."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int64

from camfolio.shapes import Hounsfield, Labels, Maps, Names
from camfolio.statistics.random_generators import slice_generator

SHIFTS = ((-1, 0), (1, 0), (0, -1), (0, 1))
"""Rows down and columns to the right, in pixels."""


def noisy(hounsfield: Hounsfield, names: Names, noise_hu: float, draw: int, seed: int) -> Hounsfield:
    """Slices with white Gaussian noise added, its standard deviation in HU; independent for every slice and draw."""
    shape = hounsfield.shape[1:]
    noise = [slice_generator(seed, str(name), f"noise {draw}").normal(0, noise_hu, shape) for name in names]
    return hounsfield + np.reshape(noise, hounsfield.shape).astype(np.float32)


def shifted(hounsfield: Hounsfield, shift: tuple[int, int]) -> Hounsfield:
    """Slices moved by one pixel; the row or column at the edge is repeated."""
    down, across = shift
    padded = np.pad(hounsfield, ((0, 0), (1, 1), (1, 1)), mode="edge")
    height, width = hounsfield.shape[1:]
    return padded[:, 1 - down : 1 - down + height, 1 - across : 1 - across + width]


def without_border(maps: Maps, shift: tuple[int, int] = (0, 0)) -> Float[np.ndarray, "slices inner_height inner_width"]:
    """Maps without their outermost pixels; those of shifted slices are shifted back."""
    down, across = shift
    height, width = maps.shape[1:]
    return maps[:, 1 + down : height - 1 + down, 1 + across : width - 1 + across]


def partners(names: Names, patient: Names, target: Labels, draw: int, seed: int) -> Int64[np.ndarray, " slices"]:
    """For every slice the position of another patient's whose map explains the same class, drawn at random; -1 if there is none.

    The similarity of their maps is what maps of one network have in common whatever the slice.
    """
    found = np.full(len(names), -1, np.int64)
    for i, name in enumerate(names):
        others = np.flatnonzero((patient != patient[i]) & (target == target[i]))
        if len(others):
            found[i] = slice_generator(seed, str(name), f"partner {draw}").choice(others)
    return found
