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
TREES_PER_MM2 = 0.00058  # vessels that begin to run along the plane
SECTIONS_PER_MM2 = 0.0014  # vessels across the plane
FIELD = 2  # slices along each side of the field in which vessels are drawn; no displaced slice reaches beyond it
BEFORE_MM = 20.0  # trees begin as far outside of the field, too
SOFT = 14.0  # widths of an edge, beyond which it adds less than 1e-6
STEPS = 12  # along a tube, to tell whether it is on the grid
RISE_MM = 8.0  # over which a vessel enters the plane

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
    """Trees in the plane and round sections of vessels across it; at times one of them feeds the nodule.

    Both are spread evenly over a field around the nodule, so that a displaced slice shows as many as a centred one.
    """
    filled = np.zeros_like(tissue)
    for start in spread_evenly(FIELD * grid.reach + BEFORE_MM, TREES_PER_MM2, rng):
        angle = rng.uniform(0, 2 * np.pi)
        filled = np.maximum(filled, tree(grid, start, angle, 0.45 + rng.gamma(2, 0.16), rng, rise=RISE_MM))
    for middle in spread_evenly(FIELD * grid.reach, SECTIONS_PER_MM2, rng):
        filled = np.maximum(filled, section(grid, middle, rng))
    if rng.random() < FEEDER_SHARE:
        feeder = tree(grid, np.array([shape.y, shape.x]), rng.uniform(0, 2 * np.pi), 0.5 + rng.gamma(2, 0.12), rng)
        filled = np.maximum(filled, feeder)
    return tissue + filled * (scan.vessel - tissue)


def spread_evenly(reach: float, density: float, rng: np.random.Generator) -> Float[np.ndarray, "points 2"]:
    """Points of a Poisson process in the square from -reach to reach (mm), with so many per mm2."""
    points: Float[np.ndarray, "points 2"] = rng.uniform(-reach, reach, (rng.poisson(density * (2 * reach) ** 2), 2))
    return points


def tree(
    grid: Grid, start: Point, angle: float, radius: float, rng: np.random.Generator, *, rise: float = 0.0
) -> Field:
    """A curved tapering tube, which may fork: share of each fine pixel that is filled."""
    length = rng.uniform(12, 40)
    bend = rng.normal(0, 0.035)
    trunk = tube(grid, start, angle, bend, length=length, radius=radius, rise=rise)
    if rng.random() < UNFORKED_SHARE:
        return trunk
    along = rng.uniform(0.25, 0.6) * length
    heading = np.array([np.sin(angle), np.cos(angle)])
    fork = start + along * heading + bend / 2 * along**2 * np.array([heading[1], -heading[0]])
    turn = rng.choice([-1, 1]) * rng.uniform(0.5, 1.0)
    branch = tube(grid, fork, angle + turn, rng.normal(0, 0.03), length=length * 0.6, radius=radius * 0.75)
    forked: Field = np.maximum(trunk, branch)
    return forked


def tube(
    grid: Grid, start: Point, angle: float, bend: float, *, length: float, radius: float, rise: float = 0.0
) -> Field:
    """A tube along the parabola `across = bend / 2 * along**2`, thinner and out of the plane towards its end.

    Over the last `rise` mm before its start it comes into the plane; without, it begins at full width.
    """
    heading = np.sin(angle), np.cos(angle)
    course = np.linspace(-rise, length, STEPS)
    path = start + np.outer(course, heading) + np.outer(bend / 2 * course**2, (heading[1], -heading[0]))
    steepest = np.hypot(1, bend * max(rise, length))
    if are_far(grid, path, steepest * (radius + SOFT * 0.2 + steepest * (length + rise) / STEPS)):
        return np.zeros_like(grid.y)
    y, x = grid.y - start[0], grid.x - start[1]
    along = y * heading[0] + x * heading[1]
    across = y * heading[1] - x * heading[0]
    inside = along.clip(-rise, length)
    away = np.hypot(across - bend / 2 * inside**2, along - inside) / np.sqrt(1 + (bend * inside) ** 2)
    width = radius * (1 - 0.6 * inside.clip(0) / length)
    filled: Field = edge(width - away, 0.2) * (1 - (inside / length).clip(0) ** 3) * (width / 0.9).clip(0, 1)
    return filled * (1 + inside.clip(None, 0) / rise) if rise else filled


def section(grid: Grid, middle: Point, rng: np.random.Generator) -> Field:
    """An ellipse where a vessel crosses the plane."""
    radius, stretch, tilt = 0.5 + rng.gamma(2.0, 0.25), rng.uniform(1.0, 1.7), rng.uniform(0, np.pi)
    soft = rng.uniform(0.2, 0.5)
    if are_far(grid, middle[None], stretch * (radius + SOFT * soft)):
        return np.zeros_like(grid.y)
    y, x = grid.y - middle[0], grid.x - middle[1]
    along = x * np.cos(tilt) + y * np.sin(tilt)
    across = y * np.cos(tilt) - x * np.sin(tilt)
    filled: Field = edge(radius - np.hypot(along / stretch, across), soft) * min(1.0, radius / 1.1)
    return filled


def are_far(grid: Grid, points: Float[np.ndarray, "points 2"], distance: float) -> bool:
    """Whether all points are further than so many mm from the grid, so that nothing nearer to them needs to be drawn."""
    first, last = (np.array([grid.y[end, end], grid.x[end, end]]) for end in (0, -1))
    away = np.maximum(np.maximum(first - points, points - last), 0)
    return bool((np.hypot(away[:, 0], away[:, 1]) > distance).all())
