"""Pixels: grey values, overlays and outlines against slow twins, and scale bars."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib import colormaps
from PIL import Image

from camfolio.explanation.scaling import scaled
from camfolio.figures.drawing.panels import scale_bar
from camfolio.raster.pixels import grey, outline_path, overlay, write_png

WINDOW = (-1000.0, 400.0)
SIZE = (5, 4)
masks = arrays(bool, SIZE)
maps = arrays(np.float64, SIZE, elements=st.floats(-4, 4, width=32))


@given(arrays(np.float64, SIZE, elements=st.floats(-3000, 3000, width=32)))
def test_grey_values_equal_those_of_a_slow_twin(hounsfield):
    shown = grey(hounsfield, WINDOW)
    for pixel in np.ndindex(SIZE):
        share = min(max((hounsfield[pixel] + 1000) / 1400, 0), 1)
        assert shown[pixel] == round(255 * share)


@pytest.mark.parametrize("scaling", ["per_image", "signed"])
@given(values=maps)
def test_an_overlay_equals_that_of_a_slow_twin(values, scaling):
    shown = scaled(values, scaling, 4.0)
    hounsfield = np.linspace(-1200, 600, 20).reshape(SIZE)
    pixels, background = overlay(hounsfield, shown, WINDOW), grey(hounsfield, WINDOW)
    for pixel in np.ndindex(SIZE):
        share = shown.share[pixel]
        opacity = 0.85 * abs(share) ** 0.8
        if scaling == "per_image":
            colour = 255 * np.array(colormaps["inferno"](share)[:3])
            assert np.abs(pixels[pixel] - ((1 - opacity) * background[pixel] + opacity * colour)).max() <= 0.51
        if share == 0:
            assert (pixels[pixel] == background[pixel]).all()


@given(masks)
def test_an_outline_has_every_edge_of_the_nodule_once(mask):
    segments = set(re.findall(r"M\d+ \d+[VH]\d+", outline_path(mask)))
    expected = set()
    padded = np.pad(mask, 1)
    for row in range(SIZE[0] + 1):
        for column in range(SIZE[1] + 1):
            if padded[row + 1, column] != padded[row + 1, column + 1] and row < SIZE[0]:
                expected.add(f"M{column} {row}V{row + 1}")
            if padded[row, column + 1] != padded[row + 1, column + 1] and column < SIZE[1]:
                expected.add(f"M{column} {row}H{column + 1}")
    assert segments == expected
    assert outline_path(mask).count("M") == len(expected)


@pytest.mark.parametrize("spacing", [0.3, 0.7, 1.0, 3.0])
@pytest.mark.parametrize("width", [16, 32, 64])
def test_a_scale_bar_fits_into_its_slice(spacing, width):
    length_mm, pixels = scale_bar(spacing, width)
    assert pixels == pytest.approx(length_mm / spacing)
    assert pixels <= width / 2
    assert length_mm in {1, 2, 5, 10}


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 3)])
def test_a_png_keeps_its_pixels_and_is_reproducible(shape, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for name in ("a.png", "b.png"):
        write_png(tmp_path / name, pixels)
    assert (np.asarray(Image.open(tmp_path / "a.png")) == pixels).all()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
