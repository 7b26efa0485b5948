"""Figures have text that can be read at the size at which pages show them, on a wide page and on a phone, and none of it is cut."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from camfolio.figures.drawing.style import ARTICLE, DPI, HALF, PHONE, SMALL

SVG = "{http://www.w3.org/2000/svg}"
POINT = DPI / 72
"""Pixels of a point."""
SIZE = re.compile(r"font-size: ([\d.]+)px")
BESIDE = {"confusion", "roc"}
"""Figures that stand beside each other on a wide page, and need no other drawing on a phone."""
WITHOUT_WORDS = {"teaser"}
"""Pictures without words, which may be shown at any size."""
WITH_FIGURES = ("tiny/", "tiny/evidence/", "tiny/data/", "methods/")
SHOWN = """async () => {
  const images = [...document.querySelectorAll("article figure .enlarge img")].filter(image => image.getClientRects().length);
  for (const image of images) { image.scrollIntoView(); await image.decode(); }
  return images.map(image => ({
    name: image.src.split("/").pop().split("#")[0],
    scale: image.getBoundingClientRect().width / Number(image.getAttribute("width")),
    proportion: image.naturalWidth / image.naturalHeight * image.getBoundingClientRect().height / image.getBoundingClientRect().width,
    outside: image.getBoundingClientRect().right - image.closest("article").getBoundingClientRect().right,
    scrolls: [...function* (at) { for (; at.tagName !== "ARTICLE"; at = at.parentElement) yield at.scrollWidth - at.clientWidth; }(image.parentElement)]
      .some(over => over > 1),
  }));
}"""
"""The pictures of figures that a page shows, each loaded: file, size by that of the drawing, and whether anything sticks out or scrolls."""
WORDS = """() => [...document.querySelectorAll("text")].map(text => {
  const box = text.getBoundingClientRect(), turned = /rotate\\((?!-?0 )/.test(text.getAttribute("transform") || "");
  return {words: text.textContent, turned, box: [box.left, box.top, box.right, box.bottom]};
})"""
"""The texts of a drawing, whether they are turned, and the boxes around them."""
CLOSE, OF_HEIGHT = 3, 0.3
"""Pixels by which texts may stick out, and share of its height by which a box around one may cover another: it is higher than its letters."""


@pytest.fixture(scope="module")
def pictures(built):
    """Name of the figure -> its drawing; those for phones end in `-phone`."""
    files = [*built.site.rglob("figures/*-light.svg")]
    return {file.stem.removesuffix("-light"): file for file in files}


@pytest.fixture(scope="module")
def drawings(pictures):
    return {name: ET.parse(file).getroot() for name, file in pictures.items()}


def test_every_figure_that_is_wider_than_a_phone_has_a_drawing_for_phones(drawings):
    names = {name for name in drawings if not name.endswith("-phone")}
    assert {"confusion", "roc", "scores", "removal", "method-grad_cam"} <= names
    assert {name.removesuffix("-phone") for name in set(drawings) - names} == names - BESIDE - WITHOUT_WORDS


def test_no_figure_is_wider_than_its_place_so_none_is_made_smaller(drawings):
    for name, drawing in drawings.items():
        if name not in WITHOUT_WORDS:
            widest = HALF if name in BESIDE else PHONE.width if name.endswith("-phone") else ARTICLE
            assert float(drawing.get("width").removesuffix("pt")) * POINT <= widest * DPI + 0.5, name


def test_the_smallest_text_has_eleven_pixels(drawings):
    assert SMALL * POINT >= 11
    for name, drawing in drawings.items():
        sizes = [float(size) for text in drawing.iter(f"{SVG}text") for size in SIZE.findall(text.get("style", ""))]
        assert min(sizes, default=SMALL) >= SMALL, name
        assert bool(sizes) == (name not in WITHOUT_WORDS), name


@pytest.fixture(scope="module", params=[1280, 390])
def tab(request, browser):
    """A page of this width, and the addresses that it asks for."""
    context = browser.new_context(color_scheme="light", viewport={"width": request.param, "height": 900})
    page = context.new_page()
    page.asked = []
    page.on("request", lambda asked: page.asked.append(asked.url.rpartition("/")[2]))
    yield page
    context.close()


@pytest.mark.parametrize("path", WITH_FIGURES)
def test_figures_are_shown_in_their_own_size_and_only_the_shown_ones_are_loaded(tab, address, path):
    tab.asked.clear()
    tab.goto(address + path, wait_until="load")
    shown = tab.evaluate(SHOWN)
    assert shown
    narrow = tab.viewport_size["width"] == 390
    for one in shown:
        name = one["name"].removesuffix("-light.svg")
        if name not in WITHOUT_WORDS:
            assert one["scale"] * SMALL * POINT >= 11, name
            assert name.endswith("-phone") == (narrow and name not in BESIDE), name
        assert one["proportion"] == pytest.approx(1, abs=0.02), name
        assert one["outside"] <= 0.5, name
        assert not one["scrolls"], name
    loaded = [name for name in tab.asked if name.endswith(".svg") and not name.startswith("logo")]
    assert sorted(name for name in loaded if "favicon" not in name) == sorted(one["name"] for one in shown)


def test_no_text_of_a_drawing_is_cut_or_covers_another(browser, pictures):
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    cut, covered = [], []
    for name, file in pictures.items():
        page.goto(file.as_uri())
        right, bottom = page.evaluate(
            "() => ['width', 'height'].map(side => document.documentElement[side].baseVal.value)"
        )
        texts = page.evaluate(WORDS)
        for text in texts:
            x, y, far, low = text["box"]
            if min(x, y, right - far, bottom - low) < -CLOSE:
                cut.append((name, text["words"]))
        level = [text for text in texts if not text["turned"]]
        pairs = ((one, other) for one, other in combinations(level, 2) if cover(one["box"], other["box"]))
        covered += [(name, one["words"], other["words"]) for one, other in pairs]
    page.close()
    assert (cut, covered) == ([], [])


def cover(one, other):
    """Whether the letters of two texts can touch, by the boxes around them."""
    width, height = (min(one[side + 2], other[side + 2]) - max(one[side], other[side]) for side in (0, 1))
    return width > 0 and height > OF_HEIGHT * min(box[3] - box[1] for box in (one, other))
