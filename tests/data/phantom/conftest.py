"""A smooth round nodule and the scans it is looked at in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from camfolio.data.phantom.appearance import Appearance
from camfolio.data.phantom.grid import Grid
from camfolio.data.phantom.render import render

PLAIN = Appearance(
    subtlety=5.0,
    internal_structure=1,
    calcification=6,
    sphericity=5.0,
    margin=5.0,
    lobulation=1.0,
    spiculation=1.0,
    texture=5.0,
)
IDS = [f"LIDC-IDRI-{patient:04d}-n01-s1" for patient in range(1, 13)]


def make_disc(radius_mm: float, size: int = 32, spacing_mm: float = 1.0) -> np.ndarray:
    grid = Grid.around(size, spacing_mm)
    return (np.hypot(grid.y, grid.x) <= radius_mm).astype(np.float32)


def make_coarse(radius_mm: float, size: int = 32) -> np.ndarray:
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    return np.hypot(rows, columns) <= radius_mm


@pytest.fixture(scope="session")
def plain() -> Appearance:
    """Solid, sharp, smooth and round, without calcium."""
    return PLAIN


@pytest.fixture(scope="session")
def ids() -> list[str]:
    """One slice each of twelve patients."""
    return IDS


@pytest.fixture(scope="session")
def disc() -> Callable[..., np.ndarray]:
    """`disc(radius_mm, size=32, spacing_mm=1.0)`: agreement of a round nodule in the middle, on the fine grid."""
    return make_disc


@pytest.fixture(scope="session")
def coarse() -> Callable[..., np.ndarray]:
    """`coarse(radius_mm, size=32)`: the same as pixels of a slice of 1 mm spacing, bool."""
    return make_coarse


@pytest.fixture(scope="session")
def mean_inside() -> Callable[..., float]:
    """`mean_inside(appearance, radius_mm=5.0, **options)`: mean HU of the disc over several scans."""

    def measure(appearance: Appearance, radius_mm: float = 5.0, **options: float) -> float:
        inside = make_coarse(radius_mm - 1.0)
        images = [render(make_disc(radius_mm), appearance, name, **options) for name in IDS]
        return float(np.mean([image[inside].mean() for image in images]))

    return measure
