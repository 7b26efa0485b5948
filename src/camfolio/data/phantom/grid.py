"""The fine grid on which tissue is simulated, and what is drawn on it everywhere: soft edges, correlated noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float
from scipy import ndimage

OVERSAMPLING = 2  # fine pixels per pixel, along each axis
RIM = 4  # fine pixels around the slice, so that its border is blurred like its centre

Field: TypeAlias = Float[np.ndarray, "fine fine"]
"""One value per fine pixel."""


@dataclass(frozen=True)
class Grid:
    """The fine grid: square, its origin in the centre of the slice.

    Attributes:
        spacing: mm per fine pixel.
        y, x: position of every fine pixel in mm, down and to the right.
    """

    spacing: float
    y: Field
    x: Field

    @classmethod
    def around(cls, size: int, spacing_mm: float) -> Grid:
        """The grid for slices of `size` pixels of `spacing_mm`."""
        fine, spacing = fine_grid(size, spacing_mm)
        y, x = (np.indices((fine, fine)) - (fine - 1) / 2) * spacing
        return cls(spacing, y, x)

    @property
    def reach(self) -> float:
        """Distance from the centre to the nearest border in mm."""
        return float(self.x[0, -1])


def fine_grid(size: int, spacing_mm: float) -> tuple[int, float]:
    """Size and spacing of the grid on which `render` wants the agreement.

    >>> fine_grid(32, 1.0)
    (72, 0.5)
    """
    return size * OVERSAMPLING + 2 * RIM, spacing_mm / OVERSAMPLING


def correlated(grid: Grid, length_mm: float, rng: np.random.Generator) -> Field:
    """Normal noise of unit variance, correlated over a Gaussian of this standard deviation."""
    sigma = length_mm / grid.spacing
    smooth = ndimage.gaussian_filter(rng.standard_normal(grid.y.shape), sigma, mode="wrap", truncate=3)
    noise: Field = smooth * (2 * sigma * np.sqrt(np.pi))
    return noise


def edge(depth: Field, width: float) -> Field:
    """From 0 outside to 1 inside, over about four widths (mm): the logistic function of depth / width."""
    inside: Field = 1 / (1 + np.exp(-(depth / width).clip(-30, 30)))
    return inside
