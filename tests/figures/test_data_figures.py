"""Figures of the data card: the contact sheet and the distribution of the attenuation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camfolio.figures import contact_sheet, hounsfield
from camfolio.figures.drawing.style import LIGHT, PAGE
from camfolio.results.files import read_json
from camfolio.vocabulary import MINUS

CLASSES, WINDOW = ("benign", "malignant"), (-1000.0, 400.0)


@pytest.fixture
def slices_folder(tmp_path, tiny_slices):
    """The folder of the stage `slices`."""
    tiny_slices(60).save(tmp_path / "slices.npz")
    return tmp_path


def test_the_contact_sheet_shows_slices_of_both_classes_drawn_with_the_seed(tiny_slices):
    data = tiny_slices(60)
    first, repeated, reseeded = (contact_sheet.drawing(data, CLASSES, WINDOW, seed) for seed in (1, 1, 2))
    assert first.rows == repeated.rows != reseeded.rows
    assert [row[1] for row in first.rows] == ["benign"] * 18 + ["malignant"] * 18
    assert "18 of 30 benign and 18 of 30 malignant" in first.alt
    figure = first.draw(LIGHT, PAGE)
    assert len(figure.axes) == 36
    assert {axes.get_title(loc="center") for axes in figure.axes} == {row[0] for row in first.rows}


def test_a_contact_sheet_of_one_class_has_only_rows_of_this_class(tiny_slices):
    data = tiny_slices(12).select(np.arange(2))
    drawing = contact_sheet.drawing(data, CLASSES, WINDOW, 0)
    assert len(drawing.draw(LIGHT, PAGE).axes) == 2
    assert "2 of 2 benign and 0 of 0 malignant" in drawing.alt


def test_without_masks_the_area_is_left_blank(tiny_slices):
    data = replace(tiny_slices(2), mask=np.zeros((2, 16, 16), bool))
    assert {row[2] for row in contact_sheet.drawing(data, CLASSES, WINDOW, 0).rows} == {""}


def test_the_distribution_has_a_line_per_class_and_its_shares_add_up(tiny_slices):
    drawing = hounsfield.drawing(tiny_slices(8), CLASSES, WINDOW)
    assert drawing.columns == ["from HU", "benign", "malignant"]
    assert np.array(drawing.rows)[:, 1:].sum(0) == pytest.approx([1, 1])
    assert f"malignant: most pixels lie around {MINUS}875 HU." in drawing.alt
    assert len(drawing.draw(LIGHT, PAGE).axes[0].lines) == 2


def test_a_class_without_slices_has_no_line(tiny_slices):
    drawing = hounsfield.drawing(tiny_slices(2), CLASSES, WINDOW)
    assert drawing.columns == ["from HU", "benign"]


@pytest.mark.parametrize(("figure", "more"), [(contact_sheet, {"seed": 3}), (hounsfield, {})])
def test_a_figure_is_written_in_light_and_dark(slices_folder, tmp_path_factory, figure, more):
    out = tmp_path_factory.mktemp("out")
    figure.run(out=out, slices=slices_folder, classes=CLASSES, window_hu=WINDOW, **more)
    assert {"light.svg", "dark.svg", "light.png", "data.csv"} <= {path.name for path in out.iterdir()}
    assert read_json(out / "figure.json")["width"] > 600
