from __future__ import annotations

import numpy as np
import pytest

from camfolio.data.phantom import lung
from camfolio.data.phantom.grid import Grid
from camfolio.data.phantom.lung import RISE_MM, parenchyma, spread_evenly, tube, with_vessels
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


def test_a_tube_may_come_into_the_plane_before_its_start(grid):
    options = {"length": 30.0, "radius": 1.5}
    sudden, rising = (tube(grid, np.zeros(2), 0.0, 0.0, **options, rise=rise) for rise in (0.0, RISE_MM))
    after, before = (np.abs(grid.y) < 0.3) & (grid.x > 0), (np.abs(grid.y) < 0.3) & (grid.x < -3.5)
    np.testing.assert_allclose(rising[after], sudden[after], rtol=1e-12)
    assert sudden[before].max() < 0.01
    along = rising[before & (grid.x > -RISE_MM)]
    assert (np.diff(along[: len(along) // 2]) > 0).all()
    assert rising[before & (grid.x < -RISE_MM - 1)].max() < 1e-12


def test_what_is_too_far_away_to_be_drawn_would_add_nothing(grid, monkeypatch):
    starts = np.stack([np.linspace(-40, 40, 60), np.linspace(-60, 10, 60)], axis=1)

    def drawn():
        pairs = enumerate(starts)
        return np.stack(
            [tube(grid, at, 0.4 * i, 0.01 * (i % 9 - 4), length=25.0, radius=0.8, rise=RISE_MM) for i, at in pairs]
        )

    quick = drawn()
    monkeypatch.setattr(lung, "are_far", lambda *_: False)
    np.testing.assert_allclose(quick, drawn(), atol=1e-5)
    assert (quick == 0).all((1, 2)).sum() > 10


def test_displaced_slices_show_as_many_vessels_as_centred_ones(disc):
    def filled(displacement):
        here = Grid.around(32, 1.0, displacement)
        shape = Shape.of(np.roll(disc(3), here.shift, (0, 1)).astype(np.float64), here)
        dark, scan = np.zeros_like(here.y), Scan.drawn(generator(0, "scan"))
        return (
            np.mean([with_vessels(dark, here, shape, scan, generator(n, "vessels")) for n in range(60)]) / scan.vessel
        )

    assert filled((11, 9)) == pytest.approx(filled((0, 0)), rel=0.25)


def test_points_are_spread_evenly():
    points = np.concatenate([spread_evenly(50.0, 0.0006, generator(n, "points")) for n in range(300)])
    assert len(points) == pytest.approx(300 * 6, rel=0.1)
    assert np.abs(points).mean() == pytest.approx(25, rel=0.05)
    assert np.abs(points).max() <= 50
