"""The figure of a method: channels, weights, products, sum and map, beside each other on a page and below each other on a phone."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.figures import method
from camfolio.figures.drawing.style import DARK, LIGHT, PAGE, PHONE
from camfolio.method_words import method_looks
from camfolio.results.anatomy import AnatomyResult, Channel, MethodAnatomy
from camfolio.results.arrays.anatomy import AnatomyArrays, MethodArrays
from camfolio.results.files import read_json

CLASSES, WINDOW = ("benign", "malignant"), (-1000.0, 400.0)
GRAD, HIRES, SCORE, EDGE = method_looks(["grad_cam", "hires_cam", "score_cam", "ours.edge_cam"])
SHARES, SHOWN = (0.1, 0.5, 0.15, 0.25), (1, 3, 2)


def array(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def channels(weight, probability):
    return tuple(Channel(share=share, weight=weight, probability=probability) for share in SHARES)


@pytest.fixture
def folder(tmp_path):
    """What three methods add up on one slice."""
    found = {
        GRAD.key: MethodAnatomy(weighed_by="mean gradient", channels=channels(-0.25, None), shown=SHOWN),
        HIRES.key: MethodAnatomy(weighed_by="gradient", channels=channels(None, None), shown=SHOWN),
        SCORE.key: MethodAnatomy(weighed_by="masked by it", channels=channels(0.5, 0.75), shown=SHOWN),
    }
    plain = {"channels": array(3, 4, 4), "signed": array(4, 4), "enlarged": np.abs(array(8, 8))}
    one = np.full((3, 1, 1), -0.25, np.float32)
    arrays = {
        GRAD.key: MethodArrays(**plain, weights=one, gradients=array(3, 4, 4)),
        HIRES.key: MethodArrays(**plain, weights=array(3, 4, 4), gradients=array(3, 4, 4)),
        SCORE.key: MethodArrays(**plain, weights=-2 * one, masked=array(3, 8, 8)),
    }
    AnatomyArrays(array(8, 8), array(8, 8) > 0, arrays).write(tmp_path)
    common = {"id": "a-1", "kind": "median", "spacing_mm": 1.0, "target": 1, "layer": "layer2", "networks": 5}
    AnatomyResult(**common, methods=found).write(tmp_path)
    return tmp_path


def drawn(folder, look):
    result, arrays = AnatomyResult.read(folder), AnatomyArrays.read(folder)
    return method.drawing(result, arrays, look, CLASSES, WINDOW)


@pytest.mark.parametrize(
    ("look", "weight"),
    [
        (GRAD, "mean gradient\n\N{MULTIPLICATION SIGN} \N{MINUS SIGN}0.25"),
        (HIRES, "gradient\ncell by cell"),
        (SCORE, "masked by it\np 0.75, \N{MULTIPLICATION SIGN} 0.50"),
    ],
)
def test_a_row_is_a_channel_its_weight_and_the_product(folder, look, weight):
    figure = drawn(folder, look).draw(LIGHT, PHONE)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:3] == ["channel 1\n", weight, "product\n50 % of all"]
    assert [title for title in titles if title.startswith("channel")] == ["channel 1\n", "channel 3\n", "channel 2\n"]
    assert titles[-3:] == ["sum of all 4\nproducts", "the map: what\nis above 0", "enlarged, on\nthe slice"]


def test_sum_and_map_stand_beside_the_channels_on_a_page_and_below_them_on_a_phone(folder):
    drawing = drawn(folder, GRAD)
    page, phone = (drawing.draw(DARK, place) for place in (PAGE, PHONE))
    assert len(page.axes) == len(phone.axes) == 12
    shapes = [figure.axes[0].get_gridspec().get_geometry() for figure in (page, phone)]
    assert shapes == [(3, 4), (4, 3)]
    assert page.get_size_inches()[0] <= PAGE.width
    assert phone.get_size_inches()[0] == PHONE.width


def test_products_have_one_scale(folder):
    arrays = AnatomyArrays.read(folder).methods[GRAD.key]
    figure = drawn(folder, GRAD).draw(LIGHT, PHONE)
    shown = [figure.axes[place].images[0].get_array() for place in (2, 5, 8)]
    np.testing.assert_allclose(shown, arrays.products / np.abs(arrays.products).max(), rtol=1e-5)


def test_data_and_facts_are_of_all_channels(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    method.run(out=out, anatomy=folder, method=SCORE, classes=CLASSES, window_hu=WINDOW)
    about = read_json(out / "figure.json")
    assert (about["channels"], about["shown"], about["share"], about["class"]) == (
        4,
        3,
        pytest.approx(0.9),
        "malignant",
    )
    assert about["seen"] == "for the slice masked by the channel"
    assert about["phone"]["width"] < about["width"]
    assert len((out / "data.csv").read_text().splitlines()) == 5
    assert "Channel 1, masked by it 0.50, probability 0.75: 50 % of the magnitude of all products." in about["alt"]
    assert {file.name for file in out.iterdir()} == {
        *(f"{place}{theme}.svg" for place in ("", "phone-") for theme in ("light", "dark")),
        *("light.png", "data.csv", "figure.json"),
    }


def test_a_method_that_adds_nothing_up_has_no_figure(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    method.run(out=out, anatomy=folder, method=EDGE, classes=CLASSES, window_hu=WINDOW)
    assert "Edge-CAM has no terms" in read_json(out / "figure.json")["empty"]


def test_without_an_example_there_is_no_figure(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    AnatomyResult.read(folder).model_copy(update={"id": "", "methods": {}}).write(folder)
    method.run(out=out, anatomy=folder, method=GRAD, classes=CLASSES, window_hu=WINDOW)
    assert "No example could be chosen" in read_json(out / "figure.json")["empty"]
