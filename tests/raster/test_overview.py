"""A study at a glance: pictures of one slice, and the share of each map's energy inside the outline."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from camfolio.explanation.scaling import scaled
from camfolio.raster.overview import Pictures
from camfolio.raster.shortcut_overview import energy_inside

WINDOW = (-1000.0, 400.0)


def test_pictures_have_the_pixels_of_the_slice_and_the_map_and_the_outline_of_the_region(tmp_path):
    hounsfield = np.full((8, 6), -1000.0, np.float32)
    hounsfield[2, 3] = 400.0
    region = hounsfield > 0
    pictures = Pictures(tmp_path, hounsfield, region, WINDOW)
    values = np.where(region, 1.0, 0.0)
    panels = [pictures.slice("the slice"), pictures.map("cam", "CAM", scaled(values, "per_image", 0.0), 1.0)]
    found = pictures.result(panels, spacing_mm=2.0, name="a-1", words="benign")
    grey, colour = (np.asarray(Image.open(tmp_path / panel.file)) for panel in found.panels)
    np.testing.assert_array_equal(grey, np.where(region, 255, 0))
    np.testing.assert_array_equal((colour != 0).any(-1), region)
    assert (found.height, found.width) == (8, 6)
    assert found.outline == "M3 2V3M4 2V3M3 2H4M3 3H4"
    assert [panel.energy for panel in found.panels] == [None, 1.0]


@pytest.mark.parametrize(("values", "share"), [([[1.0, 3.0]], 0.75), ([[0.0, 0.0]], None), ([[2.0, 0.0]], 0.0)])
def test_energy_in_the_cues_region_is_a_share_and_of_an_empty_map_not_defined(values, share):
    assert energy_inside(np.array(values), np.array([[False, True]])) == share
