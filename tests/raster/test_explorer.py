"""The explorer's data: positions of tiles on the sheets, scores with a value per slice, no NaN."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from camfolio.evidence.faithfulness import FAITHFULNESS
from camfolio.evidence.localisation import LOCALISATION
from camfolio.figures.drawing.looks import Looks
from camfolio.method_words import method_looks
from camfolio.raster.explorer import column, first_scores, read_scores, run, score_name
from camfolio.raster.sheets import COLUMNS, TILES, sheet, write_sheets
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.subject import Subject

METHODS = ("grad_cam", "score_cam")
WINDOW = (-1000.0, 400.0)


@pytest.fixture
def stages(tiny_slices, tmp_path):
    """The test slices, 300 of 320, and the folders of the stages that the explorer reads."""
    slices = tiny_slices(320, 8, 2)
    generator = np.random.default_rng(0)
    folders = {name: tmp_path / name for name in ("slices", "split", "predictions", "localisation", "out")}
    for folder in folders.values():
        folder.mkdir()
    slices.save(folders["slices"] / "slices.npz")
    test = np.arange(320) >= 20
    np.save(folders["split"] / "part.npy", np.where(test, "test", "train"))
    np.save(folders["predictions"] / "logits.npy", generator.normal(size=(320, 2)).astype(np.float32))
    maps, shares = {}, {}
    for method in METHODS:
        maps[method] = generator.random((300, 8, 8), dtype=np.float32)
        maps[method][7] = 0
        shares[Subject(method)] = generator.random(300)
        shares[Subject(method)][7] = np.nan
    SliceMaps(maps, {method: values - np.float32(0.5) for method, values in maps.items()}).write(
        folders["localisation"]
    )
    of_one_method = {Subject("grad_cam"): np.zeros(300)}
    SliceScores({"energy_share": shares, "of_one_method": of_one_method}).write(folders["localisation"])
    return slices.select(test), folders


def explored(folders, scaling="per_image", **evidence):
    looks = Looks(method_looks(METHODS), ("a", "<b>"), WINDOW, scaling)
    run(**folders, looks=looks, primary="energy_share", **evidence)
    return json.loads((folders["out"] / "explorer.json").read_text())


def tile(folder, name, index, size=8):
    pixels = np.asarray(Image.open(folder / f"{name}-{index // TILES:03d}.png"))
    row, column = divmod(index % TILES, COLUMNS)
    return pixels[row * size : (row + 1) * size, column * size : (column + 1) * size]


def test_every_slice_mask_and_map_is_at_its_position_on_the_sheets(stages):
    slices, folders = stages
    explored(folders)
    maps = SliceMaps.read(folders["localisation"]).enlarged["score_cam"]
    for index in (0, 7, 15, 16, 255, 256, 299):
        grey = 255 * np.clip((slices.hounsfield[index] + 1000) / 1400, 0, 1)
        assert np.abs(tile(folders["out"], "slice", index) - grey).max() <= 0.51
        assert (tile(folders["out"], "mask", index) == 255 * slices.mask[index]).all()
        largest = maps[index].max()
        shown = 255 * maps[index] / largest if largest else maps[index]
        assert np.abs(tile(folders["out"], "map-1", index) - shown).max() <= 0.51


def test_a_signed_map_has_its_zero_in_the_middle(stages):
    _, folders = stages
    page = explored(folders, "signed")
    signed = SliceMaps.read(folders["localisation"]).signed["grad_cam"][3]
    levels = tile(folders["out"], "map-0", 3).astype(float)
    assert page["signed"]
    assert np.abs((levels - 128) / 127 - signed / np.abs(signed).max()).max() <= 1 / 127


def test_columns_equal_those_of_slices_and_predictions(stages):
    slices, folders = stages
    page = explored(folders)
    logits = np.load(folders["predictions"] / "logits.npy")[20:].astype(float)
    probability = 1 / (1 + np.exp(-np.abs(logits[:, 1] - logits[:, 0])))
    assert page["id"] == slices.id.tolist()
    assert page["label"] == slices.label.tolist()
    assert page["predicted"] == (logits[:, 1] > logits[:, 0]).astype(int).tolist()
    assert page["probability"] == pytest.approx(probability.tolist(), rel=1e-3)
    assert page["size"] == [8, 8]
    assert len(page["ramp"]) == 256
    assert page["classes"] == ["a", "<b>"]


def test_scores_come_from_every_stage_if_they_have_a_number_per_slice_and_method(stages, tmp_path):
    _, folders = stages
    sampled, all_slices = np.arange(300) < 20, np.ones(300, dtype=bool)
    for stage, score, chosen in (("faithfulness", "deletion", all_slices), ("sample", "insertion", sampled)):
        (tmp_path / stage).mkdir()
        scores = {Subject(method): np.arange(300.0)[chosen] for method in METHODS}
        curves = {Subject(method): np.zeros((chosen.sum(), 5)) for method in METHODS}
        SliceScores({score: scores}, curves={score: curves}, chosen=chosen).write(tmp_path / stage)
    page = explored(folders, faithfulness=tmp_path / "faithfulness", sample=tmp_path / "sample")
    assert list(page["scores"]) == ["energy_share", "deletion"]
    assert page["scores"]["energy_share"][0][7] is None
    assert page["scores"]["deletion"][1][3] == 3


def test_scores_are_named_as_in_the_tables(stages):
    _, folders = stages
    page = explored(folders)
    assert page["names"]["energy_share"] == LOCALISATION["energy_share"].measure.title
    assert page["names"].keys() >= {"probability", "area_share", *page["scores"]}
    assert score_name("centre_distance").endswith(", mm")
    assert score_name("road_gap") == FAITHFULNESS["road_gap"].title


def test_the_primary_score_and_those_with_a_panel_come_first(stages, tmp_path):
    _, folders = stages
    (tmp_path / "faithfulness").mkdir()
    named = {"deletion_blur", "road_gap", "deletion_parenchyma", "our_score"}
    scores = {name: {Subject(method): np.arange(300.0) for method in METHODS} for name in sorted(named)}
    SliceScores(scores).write(tmp_path / "faithfulness")
    page = explored(folders, faithfulness=tmp_path / "faithfulness")
    assert page["first"] == ["energy_share", "deletion_parenchyma", "road_gap"]
    assert page["lower"] == ["deletion_blur", "deletion_parenchyma"]
    assert first_scores(list(page["scores"]), "our_score")[0] == "our_score"


def test_a_study_of_scores_without_a_panel_shows_its_first():
    assert first_scores(["our_score", "their_score"], "energy_share") == ["our_score"]
    assert first_scores([], "energy_share") == []


def test_a_study_without_scores_per_slice_has_none(tmp_path):
    SliceScores({}, {"energy_share": np.zeros(3)}).write(tmp_path)
    assert read_scores(tmp_path, METHODS, 3) == {}


@given(st.lists(st.floats(-1e300, 1e300) | st.sampled_from([float("nan"), float("inf")]), max_size=20))
def test_a_column_is_rounded_and_has_no_nan(values):
    for exact, rounded in zip(values, column(np.array(values, dtype=float)), strict=True):
        assert (rounded is None) == (not np.isfinite(exact))
        assert rounded is None or rounded == pytest.approx(exact, rel=1e-3)


@given(st.integers(1, 40), st.integers(1, 3), st.integers(1, 3))
def test_a_sheet_has_its_tiles_row_by_row(n, height, width):
    tiles = np.arange(n * height * width, dtype=np.uint8).reshape(n, height, width)
    pixels = sheet(tiles)
    for index in range(n):
        row, position = divmod(index, COLUMNS)
        assert (
            pixels[row * height : (row + 1) * height, position * width : (position + 1) * width] == tiles[index]
        ).all()


def test_all_tiles_are_written_and_the_last_sheet_has_fewer_rows(tmp_path):
    assert write_sheets(tmp_path, "slice", np.ones((TILES + 1, 2, 2), np.uint8)) == 2
    with Image.open(tmp_path / "slice-001.png") as last:
        assert last.size == (2 * COLUMNS, 2)
