"""The lung around the nodule: parenchyma, and vessels along and across the plane."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from camfolio.data.phantom.grid import Field, Grid, correlated, edge
from camfolio.data.phantom.scanner import Scan
from camfolio.data.phantom.shape import Shape

FEEDER_SHARE = 0.3  # of the slices show a vessel that feeds the nodule
UNFORKED_SHARE = 0.5  # of the vessels along the plane

Point: TypeAlias = Float[np.ndarray, " 2"]
"""Position in mm: down, right."""


def parenchyma(grid: Grid, scan: Scan, rng: np.random.Generator) -> Field:
    """Air and capillaries: a mean with a gentle gradient, patches of a few mm, and a fine net of small vessels."""
    gradient = (grid.y * rng.normal(0, 1.0) + grid.x * rng.normal(0, 0.6)).clip(-40, 40)
    patches = 22 * correlated(grid, 2.5, rng) + 14 * correlated(grid, 0.9, rng)
    net = 85 * (correlated(grid, 0.7, rng) - 1.5).clip(0, None)
    lung: Field = scan.lung + gradient + patches + net
    return lung


def with_vessels(tissue: Field, grid: Grid, shape: Shape, scan: Scan, rng: np.random.Generator) -> Field:
    """A few trees in the plane and round sections of vessels across it; at times one of them feeds the nodule."""
    filled = np.zeros_like(tissue)
    for _ in range(rng.poisson(1.3)):
        start, goal = entry(grid, rng), rng.uniform(-0.8 * grid.reach, 0.8 * grid.reach, 2)
        angle = float(np.arctan2(*(goal - start)))
        filled = np.maximum(filled, tree(grid, start, angle, 0.45 + rng.gamma(2, 0.16), rng))
    for _ in range(rng.poisson(1.8)):
        filled = np.maximum(filled, section(grid, rng))
    if rng.random() < FEEDER_SHARE:
        feeder = tree(grid, np.array([shape.y, shape.x]), rng.uniform(0, 2 * np.pi), 0.5 + rng.gamma(2, 0.12), rng)
        filled = np.maximum(filled, feeder)
    return tissue + filled * (scan.vessel - tissue)


def entry(grid: Grid, rng: np.random.Generator) -> Point:
    """A point outside the slice at which a vessel starts, so that no vessel ends abruptly within the slice."""
    angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(1.2, 1.5) * grid.reach
    return distance * np.array([np.sin(angle), np.cos(angle)])


def tree(grid: Grid, start: Point, angle: float, radius: float, rng: np.random.Generator) -> Field:
    """A curved tapering tube, which may fork: share of each fine pixel that is filled."""
    length = rng.uniform(12, 40)
    bend = rng.normal(0, 0.035)
    trunk = tube(grid, start, angle, bend, length=length, radius=radius)
    if rng.random() < UNFORKED_SHARE:
        return trunk
    along = rng.uniform(0.25, 0.6) * length
    heading = np.array([np.sin(angle), np.cos(angle)])
    fork = start + along * heading + bend / 2 * along**2 * np.array([heading[1], -heading[0]])
    turn = rng.choice([-1, 1]) * rng.uniform(0.5, 1.0)
    branch = tube(grid, fork, angle + turn, rng.normal(0, 0.03), length=length * 0.6, radius=radius * 0.75)
    forked: Field = np.maximum(trunk, branch)
    return forked


def tube(grid: Grid, start: Point, angle: float, bend: float, *, length: float, radius: float) -> Field:
    """A tube along the parabola `across = bend / 2 * along**2`, thinner and out of the plane towards its end."""
    heading = np.sin(angle), np.cos(angle)
    y, x = grid.y - start[0], grid.x - start[1]
    along = y * heading[0] + x * heading[1]
    across = y * heading[1] - x * heading[0]
    inside = along.clip(0, length)
    away = np.hypot(across - bend / 2 * inside**2, along - inside) / np.sqrt(1 + (bend * inside) ** 2)
    width = radius * (1 - 0.6 * inside / length)
    filled: Field = edge(width - away, 0.2) * (1 - (inside / length) ** 3) * (width / 0.9).clip(0, 1)
    return filled


def section(grid: Grid, rng: np.random.Generator) -> Field:
    """An ellipse where a vessel crosses the plane."""
    y, x = rng.uniform(-grid.reach, grid.reach, 2)
    radius, stretch, tilt = 0.5 + rng.gamma(2.0, 0.25), rng.uniform(1.0, 1.7), rng.uniform(0, np.pi)
    along = (grid.x - x) * np.cos(tilt) + (grid.y - y) * np.sin(tilt)
    across = (grid.y - y) * np.cos(tilt) - (grid.x - x) * np.sin(tilt)
    filled: Field = edge(radius - np.hypot(along / stretch, across), rng.uniform(0.2, 0.5)) * min(1.0, radius / 1.1)
    return filled
