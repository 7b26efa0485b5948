"""The card for link previews of a study: size, missing values, and the pages that name it."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from camfolio.figures.drawing.style import LIGHT
from camfolio.method_words import method_looks
from camfolio.raster import card


def test_a_card_has_the_recommended_size_and_is_not_blank(portfolio):
    with Image.open(portfolio.artefacts["card"] / "card.png") as picture:
        assert picture.size == (1200, 630)
        assert len(picture.convert("RGB").getcolors(2**20)) > 100


@pytest.mark.parametrize("title", ["Short", "A title that goes on and on " * 9, "$x_1$ <b> & more"])
def test_a_study_without_an_example_has_a_card_of_words(title):
    figure = card.drawing(title, "Test AUC 0.9", None, method_looks(["grad_cam"]), (-1000.0, 400.0))
    assert figure.axes == []
    said = [text.get_text() for text in figure.texts]
    assert "Test AUC 0.9" in said
    assert said[0].count("\n") <= 2
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    assert (pixels[0, 0, :3] == [int(LIGHT.paper[at : at + 2], 16) for at in (1, 3, 5)]).all()


def test_pages_of_a_study_name_its_card_by_its_whole_address(built, copy_project, python, tmp_path):
    project = copy_project(tmp_path / "project")
    ran = python("-m", "mkdocs", "build", "--strict", folder=project, SITE_URL="https://example.org/x/")
    assert ran.status == 0, ran.err
    page = (project / "site" / "tiny" / "index.html").read_text(encoding="utf-8")
    assert '<meta property="og:image" content="https://example.org/x/tiny/card/card.png">' in page
    assert (project / "site" / "tiny" / "card" / "card.png").is_file()
    assert "&lt;b&gt;tiny&lt;/b&gt;" in page.partition("og:title")[2][:100]
    assert "og:image" not in (built.site / "tiny" / "index.html").read_text(encoding="utf-8")
