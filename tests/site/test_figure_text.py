"""Figures have text that can be read at the size at which pages show them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from camfolio.figures.drawing.style import ARTICLE, DPI, HALF, SMALL

SVG = "{http://www.w3.org/2000/svg}"
POINT = DPI / 72
"""Pixels of a point."""
SIZE = re.compile(r"font-size: ([\d.]+)px")
BESIDE = {"confusion", "roc"}
"""Figures that stand beside each other on a wide page."""


@pytest.fixture(scope="module")
def pictures(built):
    return {
        file.stem.removesuffix("-light"): ET.parse(file).getroot() for file in built.site.rglob("figures/*-light.svg")
    }


def test_no_figure_is_wider_than_its_place_so_none_is_made_smaller(pictures):
    assert {"confusion", "roc", "scores", "removal"} <= set(pictures)
    for name, picture in pictures.items():
        if name != "teaser":  # it has no words
            widest = HALF if name in BESIDE else ARTICLE
            assert float(picture.get("width").removesuffix("pt")) * POINT <= widest * DPI + 0.5, name


def test_the_smallest_text_has_eleven_pixels(pictures):
    assert SMALL * POINT >= 11
    for name, picture in pictures.items():
        sizes = [float(size) for text in picture.iter(f"{SVG}text") for size in SIZE.findall(text.get("style", ""))]
        assert min(sizes, default=SMALL) >= SMALL, name
