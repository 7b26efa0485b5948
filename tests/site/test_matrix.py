"""The matrix of the write-up: every example once, with slice, map, text, and a link to its figure."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from camfolio.data.slices import Slices
from camfolio.vocabulary import EXAMPLE_KINDS


@pytest.fixture(scope="module")
def reading(built, read):
    """The write-up as it is built."""
    return read((built.site / "tiny" / "index.html").read_text(encoding="utf-8"))


def test_every_example_has_a_cell_with_a_link_to_its_figure(reading, portfolio):
    cells = [one for one in reading.all("a") if one.attributes.get("class") == "cell"]
    wanted = [f"#{method}-{kind}" for method in portfolio.study.explanation.methods for kind in EXAMPLE_KINDS]
    assert [cell.attributes["href"] for cell in cells] == wanted
    figures = {figure.attributes["id"] for figure in reading.all("figure")}
    assert {address.removeprefix("#") for address in wanted} <= figures
    for cell in cells:
        alts = [image.attributes["alt"] for image in reading.all("img") if cell in image.inside]
        assert len(alts) == 2
        assert all(alts)


def test_a_cell_has_label_prediction_probability_and_energy_share(reading, portfolio):
    cases = portfolio.artefacts["selection"].json("cases.json")["methods"]
    cells = [" ".join(one.text.split()) for one in reading.all("a") if one.attributes.get("class") == "cell"]
    found = [cases[method]["cases"][kind] for method in portfolio.study.explanation.methods for kind in EXAMPLE_KINDS]
    for words, case in zip(cells, found, strict=True):
        names = ("benign", "malignant")
        assert f"{names[case['true']]}, predicted {names[case['predicted']]}" in words
        assert f"p = {case['probability']:.2f}, energy inside {100 * case['energy_share']:.0f} %" in words


def test_the_picture_of_a_cell_is_its_slice_in_the_window(portfolio):
    case = portfolio.artefacts["selection"].json("cases.json")["methods"]["grad_cam"]["cases"]["good"]
    data = Slices.load(portfolio.artefacts["slices"] / "slices.npz")
    hounsfield = data.hounsfield[data.id == case["id"]][0]
    shown = np.asarray(Image.open(portfolio.artefacts["matrix"] / "grad_cam-good-slice.png"))
    assert np.abs(shown - 255 * np.clip((hounsfield + 1000) / 1400, 0, 1)).max() <= 0.51


def test_an_example_that_does_not_exist_is_an_empty_cell(changed_page, portfolio):
    matrix = portfolio.artefacts["matrix"].json("matrix.json")
    matrix["cells"]["grad_cam"]["good"] = None
    assert "Grad-CAM, most energy on the nodule for its size</span>No example." in changed_page(matrix=matrix)
