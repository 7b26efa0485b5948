"""The nodule over what was there: its edge, its thickness within the slice and its spicules."""

from __future__ import annotations

import numpy as np

from camfolio.data.phantom.appearance import Appearance, scaled
from camfolio.data.phantom.grid import Field, Grid, correlated, edge
from camfolio.data.phantom.interior import interior
from camfolio.data.phantom.shape import Shape


def with_nodule(
    tissue: Field, grid: Grid, shape: Shape, appearance: Appearance, *, thickness: float, rng: np.random.Generator
) -> Field:
    """The nodule over what was there: its edge by the margin, its filling by texture, structure and calcification."""
    depth = shape.lobulated(0.9 * scaled(appearance.lobulation), rng)
    depth = depth + (0.15 + 0.5 * (1 - scaled(appearance.margin))) * correlated(grid, 0.8, rng)
    filled = edge(depth, 0.22 + 0.78 * (1 - scaled(appearance.margin)))
    filled = filled * chord(depth, shape, appearance, thickness) * (0.82 + 0.18 * scaled(appearance.subtlety))
    content = interior(grid, shape, appearance, rng)
    strands = spicules(shape, scaled(appearance.spiculation), rng)
    tissue = tissue + strands * (np.maximum(tissue, content.max().clip(-500, -60)) - tissue)
    covered: Field = tissue + filled * (content - tissue)
    return covered


def chord(depth: Field, shape: Shape, appearance: Appearance, thickness: float) -> Field:
    """Share of the slice's thickness that the nodule fills: its chord along the axis, were it a flattened ball."""
    seen = depth + 0.5  # readers draw at half of the contrast, outside of which there is still some nodule
    radius = max(shape.radius, float(depth.max())) + 0.5
    length = 2 * np.sqrt((seen * (2 * radius - seen)).clip(0, None)) * (0.7 + 0.3 * scaled(appearance.sphericity))
    filled: Field = (length / max(thickness, 1.0)).clip(0, 1) ** 0.5
    return filled


def spicules(shape: Shape, spiculation: float, rng: np.random.Generator) -> Field:
    """Fine strands that leave the edge radially, more and longer ones with the rating: share of each pixel filled."""
    most = 11
    angles, lengths, bends = rng.uniform(-np.pi, np.pi, most), rng.uniform(0.3, 1.0, most), rng.normal(0, 0.05, most)
    filled = np.zeros_like(shape.depth)
    outside = (-shape.depth).clip(0, None)
    for angle, length, bend in zip(angles[: round(most * spiculation)], lengths, bends, strict=False):
        turned = shape.angle - angle - bend * outside
        away = (outside + shape.radius) * np.abs(np.sin(turned))
        left = (1 - outside / (2 + 9 * length * spiculation)).clip(0, 1)
        strand = np.exp(-((away / (0.35 + 0.9 * left**2)) ** 2)) * left * (0.4 + 0.6 * length)
        filled = np.maximum(filled, np.where(np.cos(turned) > 0, strand, 0))
    return filled
