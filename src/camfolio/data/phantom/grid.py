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
    """The fine grid: square, its origin where the nodule is, in the centre of a slice that is not displaced.

    Attributes:
        spacing: mm per fine pixel.
        y, x: position of every fine pixel in mm, down and to the right.
        shift: fine pixels by which the origin is displaced from the centre, down and to the right.
    """

    spacing: float
    y: Field
    x: Field
    shift: tuple[int, int] = (0, 0)

    @classmethod
    def around(cls, size: int, spacing_mm: float, displacement: tuple[int, int] = (0, 0)) -> Grid:
        """The grid for slices of `size` pixels of `spacing_mm`, the origin displaced by whole pixels down and to the right."""
        fine, spacing = fine_grid(size, spacing_mm)
        down, right = (OVERSAMPLING * pixels for pixels in displacement)
        y, x = np.indices((fine, fine)) - (fine - 1) / 2
        return cls(spacing, (y - down) * spacing, (x - right) * spacing, (down, right))

    @property
    def reach(self) -> float:
        """Distance from the slice's centre to the nearest border in mm."""
        return (len(self.y) - 1) / 2 * self.spacing


def fine_grid(size: int, spacing_mm: float) -> tuple[int, float]:
    """Size and spacing of the grid on which `render` wants the agreement.

    >>> fine_grid(32, 1.0)
    (72, 0.5)
    """
    return size * OVERSAMPLING + 2 * RIM, spacing_mm / OVERSAMPLING


def correlated(grid: Grid, length_mm: float, rng: np.random.Generator) -> Field:
    """Normal noise of unit variance, correlated over a Gaussian of this standard deviation.

    It is periodic and moves with the origin: a displaced grid has the same noise at the same positions in mm, and what it
    shows beyond a centred one is what that shows on the other side.
    """
    sigma = length_mm / grid.spacing
    smooth = ndimage.gaussian_filter(rng.standard_normal(grid.y.shape), sigma, mode="wrap", truncate=3)
    noise: Field = np.roll(smooth * (2 * sigma * np.sqrt(np.pi)), grid.shift, (0, 1))
    return noise


def edge(depth: Field, width: float) -> Field:
    """From 0 outside to 1 inside, over about four widths (mm): the logistic function of depth / width."""
    inside: Field = 1 / (1 + np.exp(-(depth / width).clip(-30, 30)))
    return inside
