from __future__ import annotations

import numpy as np
import pytest

from camfolio.data.phantom.grid import Grid
from camfolio.data.phantom.lung import entry, parenchyma, tube, with_vessels
from camfolio.data.phantom.render import generator
from camfolio.data.phantom.scanner import Scan
from camfolio.data.phantom.shape import Shape


@pytest.fixture
def grid():
    return Grid.around(32, 1.0)


def test_parenchyma_is_as_dark_as_the_scan_says(grid, ids):
    for name in ids:
        scan = Scan.drawn(generator(0, name))
        assert np.median(parenchyma(grid, scan, generator(1, name))) == pytest.approx(scan.lung, abs=30)


def test_a_tube_is_full_on_its_axis_and_empty_three_radii_away(grid):
    filled = tube(grid, np.array([0.0, -30.0]), 0.0, 0.0, length=90.0, radius=1.5)
    axis = np.abs(grid.y) < 0.5
    assert filled[axis].min() > 0.6
    assert filled[np.abs(grid.y) > 4.5].max() < 1e-3


def test_vessels_only_brighten_towards_blood(grid, disc, ids):
    shape = Shape.of(disc(5).astype(np.float64), grid)
    for name in ids:
        scan = Scan.drawn(generator(0, name))
        tissue = np.full_like(grid.y, -850.0)
        filled = with_vessels(tissue, grid, shape, scan, generator(1, name))
        assert filled.min() >= -850
        assert filled.max() <= scan.vessel


def test_vessels_enter_from_outside_of_the_slice(grid):
    distances = [np.hypot(*entry(grid, generator(seed, "entry"))) for seed in range(50)]
    assert 1.2 * grid.reach <= min(distances)
    assert max(distances) <= 1.5 * grid.reach
