"""The chest wall near some of the nodules: pleura, muscle, fat and at times a rib."""

from __future__ import annotations

import numpy as np

from camfolio.data.phantom.grid import Field, Grid, correlated, edge
from camfolio.data.phantom.shape import Shape

WALL_SHARE = 0.22  # of the nodules lie near the chest wall
RIB_SHARE = 0.5  # of the walls show a rib


def with_wall(tissue: Field, grid: Grid, shape: Shape, rng: np.random.Generator) -> Field:
    """Pleura and chest wall near some of the nodules, always beyond the nodule: muscle, fat and at times a rib."""
    near, angle, gap, radius = rng.random(), rng.uniform(0, 2 * np.pi), rng.uniform(-1, 9), rng.uniform(35, 110)
    rib, strength, wave = rng.random(), rng.uniform(20, 60), rng.uniform(0, 2 * np.pi)
    if near >= WALL_SHARE:
        return tissue
    outward = grid.y * np.sin(angle) + grid.x * np.cos(angle)
    across = grid.y * np.cos(angle) - grid.x * np.sin(angle)
    # The nearest pleura that leaves the nodule free; a large nodule may leave no wall within the slice.
    nodule = (outward + across**2 / (2 * radius))[shape.depth > 0].max()
    beyond = outward + across**2 / (2 * radius) + 0.4 * np.sin(across / 5 + wave) - max(nodule + gap, 5)
    wall = strength - 140 * band(beyond, 1.8, 3.4) + 12 * correlated(grid, 1.0, rng)
    if rib < RIB_SHARE:
        wall = wall + 150 * band(beyond, 4.5, 11.0) + 420 * shell(beyond, 4.5, 11.0)
    walled: Field = tissue + edge(beyond, 0.2) * (wall - tissue)
    return walled


def band(depth: Field, first: float, last: float) -> Field:
    """1 between two depths (mm), 0 elsewhere, with soft ends."""
    inside: Field = edge(depth - first, 0.25) * edge(last - depth, 0.25)
    return inside


def shell(depth: Field, first: float, last: float) -> Field:
    """1 in thin layers at two depths (mm): the cortex of a rib."""
    cortex: Field = np.exp(-(((depth - first) / 0.9) ** 2)) + np.exp(-(((depth - last) / 0.9) ** 2))
    return cortex
