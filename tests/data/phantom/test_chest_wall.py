from __future__ import annotations

import numpy as np

from camfolio.data.phantom.chest_wall import with_wall
from camfolio.data.phantom.grid import Grid
from camfolio.data.phantom.render import generator
from camfolio.data.phantom.shape import Shape


def test_about_a_fifth_of_the_nodules_lie_near_the_chest_wall_and_none_is_erased(disc):
    shape, grid = Shape.of(disc(5).astype(np.float64), Grid.around(32, 1.0)), Grid.around(32, 1.0)
    lung = np.full_like(grid.y, -850.0)
    walled = [with_wall(lung, grid, shape, generator(0, f"{n}/wall")) > -400 for n in range(300)]
    assert 0.15 < np.mean([wall.any() for wall in walled]) < 0.28
    assert max(wall[shape.depth > 2].max() for wall in walled) == 0
