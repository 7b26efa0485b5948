from __future__ import annotations

from camfolio.data.phantom.grid import Grid, fine_grid


def test_the_fine_grid_fits_the_slice():
    size, spacing = fine_grid(20, 0.8)
    assert (size, spacing) == (48, 0.4)
    assert Grid.around(20, 0.8).y.shape == (size, size)
