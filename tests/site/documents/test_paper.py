"""Pictures of figures for pages of another colour."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from camfolio.figures import confusion
from camfolio.figures.drawing import style
from camfolio.figures.drawing.output import write
from camfolio.site.documents.paper import png_without_paper, svg_without_paper


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The files of a figure with a light cell and dark ones."""
    folder = tmp_path_factory.mktemp("figure")
    write(folder, confusion.drawing(np.array([[9, 0], [1, 3]]), ("benign", "malignant"), "slice"))
    return folder


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA")).astype(int)


def test_an_svg_keeps_everything_but_the_colour_of_our_paper(drawn):
    before = (drawn / "light.svg").read_text(encoding="utf-8")
    after = svg_without_paper(before)
    assert style.LIGHT.paper in before
    assert style.LIGHT.paper not in after
    assert after.count("fill: none") == before.count("fill: none") + 2
    assert after.replace("fill: none", f"fill: {style.LIGHT.paper}").count(style.LIGHT.ink) == before.count(
        style.LIGHT.ink
    )


def test_grounds_are_gone_and_the_inside_of_hollow_marks_is_white(drawn):
    before = (drawn / "light.svg").read_text(encoding="utf-8")
    hollow = f'<circle style="fill: {style.LIGHT.paper}"/></svg>'
    assert '<circle style="fill: #ffffff"/></svg>' in svg_without_paper(before.replace("</svg>", hollow))


def test_an_svg_of_another_program_stays_as_it_is():
    text = '<svg><path style="fill: #fbfaf7"/></svg>'
    assert svg_without_paper(text) == text


def test_a_png_is_transparent_where_it_had_the_colour_of_our_paper_and_the_same_on_white_elsewhere(drawn):
    before, after = ((drawn / "light.png").read_bytes(), png_without_paper((drawn / "light.png").read_bytes()))
    old, new = pixels(before), pixels(after)
    paper = np.array([int(style.LIGHT.paper[at : at + 2], 16) for at in (1, 3, 5)])
    ground = (old[..., :3] == paper).all(-1)
    assert ground.any()
    np.testing.assert_array_equal(new[..., 3], np.where(ground, 0, 255))
    np.testing.assert_array_equal(new[~ground][:, :3], old[~ground][:, :3])


def test_the_same_png_gives_the_same_bytes(drawn):
    content = (drawn / "light.png").read_bytes()
    assert png_without_paper(content) == png_without_paper(content)


def test_a_picture_that_fills_its_frame_stays_as_it_is():
    image = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))
    written = io.BytesIO()
    image.save(written, "PNG")
    assert png_without_paper(written.getvalue()) == written.getvalue()
