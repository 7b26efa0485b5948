"""The nodule's geometry: depth below the edge that at least half of the readers drew, and bumps along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from camfolio.data.phantom.grid import Field, Grid

CONSENSUS = 0.5  # share of the readers
STEP_MM = 0.6  # about a pixel of the scans that the readers drew on


@dataclass(frozen=True)
class Shape:
    """The nodule's geometry on the fine grid.

    Attributes:
        depth: distance to the consensus' edge in mm, positive inside.
        angle: direction from its centroid, radians.
        radius: depth of its deepest point, mm.
        y, x: that point, mm.
    """

    depth: Field
    angle: Field
    radius: float
    y: float
    x: float

    @classmethod
    def of(cls, agreement: Field, grid: Grid) -> Shape:
        """The shape of the consensus, or of the largest agreement where no half of the readers agrees."""
        inside = agreement >= min(CONSENSUS, agreement.max())
        # The edge runs between pixels, half a pixel from the centres on either side.
        distance = ndimage.distance_transform_edt
        signed = np.where(inside, distance(inside) - 0.5, 0.5 - distance(~inside)) * grid.spacing
        # Contours run along pixels, nodules do not: smooth the steps, and give back what that takes from a round edge.
        smoothing = min(STEP_MM, signed.max() / 2)
        signed = ndimage.gaussian_filter(signed, smoothing / grid.spacing) + smoothing**2 / (2 * signed.max())
        deepest = np.unravel_index(signed.argmax(), signed.shape)
        y, x = grid.y[inside].mean(), grid.x[inside].mean()
        angle = np.arctan2(grid.y - y, grid.x - x)
        return cls(signed, angle, float(signed.max()), float(grid.y[deepest]), float(grid.x[deepest]))

    def lobulated(self, amplitude: float, rng: np.random.Generator) -> Field:
        """The depth with bumps along the edge, which fade outwards and inwards; the readers' mask stays as it is."""
        waves = rng.integers(3, 7)
        bumps = np.cos(waves * self.angle + rng.uniform(0, 2 * np.pi))
        depth: Field = self.depth + amplitude * bumps * np.exp(-((self.depth / max(self.radius, 1.0)) ** 2))
        return depth
