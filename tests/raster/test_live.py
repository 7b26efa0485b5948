"""What the page on which a network runs reads: slices as they are, probabilities as stored, and marks as they are planted."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import softmax

from camfolio.evidence.shortcut import CUES
from camfolio.figures.drawing.looks import Looks
from camfolio.method_words import method_looks
from camfolio.raster.live import PER_FILE, LiveSettings, run
from camfolio.results.arrays.cue_outputs import PLAIN, CueOutputs
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.browser import BrowserLayer, BrowserResult, PublishedFile

WINDOW = (-1000.0, 400.0)
LOOKS = Looks(method_looks(["grad_cam", "eigen_cam"]), ("a", "<b>"), WINDOW)
LAYER = BrowserLayer(name="layer1", channels=4, cells=(6, 6), first_px=(0.5, 0.5), step_px=(2.0, 2.0))
WEIGHTS = PublishedFile(file="network.safetensors", bytes=12, sha256="0" * 64)


@pytest.fixture
def folders(tiny_slices, tmp_path):
    """80 slices of 12 pixels, 70 of them for tests, and the folders of the stages."""
    slices, generator = tiny_slices(80, 12, 2), np.random.default_rng(0)
    made = {name: tmp_path / name for name in ("slices", "split", "predictions", "browser", "out")}
    for folder in made.values():
        folder.mkdir()
    slices.save(made["slices"] / "slices.npz")
    np.save(made["split"] / "part.npy", np.where(np.arange(80) >= 10, "test", "train"))
    np.save(made["predictions"] / "logits.npy", generator.normal(size=(80, 2)).astype(np.float32))
    BrowserResult(members=1, layers=(LAYER,), weights=(WEIGHTS,)).write(made["browser"])
    return slices, made


def live(**changed):
    return LiveSettings(**{"title": "T", "explains": "margin", "masked_hu": -860.0, "slice_values": True} | changed)


def manifest(made):
    return json.loads((made["out"] / "live.json").read_text(encoding="utf-8"))


def read_slices(made, count, pattern="slices-{}.f32", dtype="<f4"):
    files = [made["out"] / pattern.format(number) for number in range(-(-count // PER_FILE))]
    return np.concatenate([np.fromfile(file, dtype) for file in files]).reshape(count, 12, 12)


def test_slices_masks_and_stored_probabilities_are_those_of_the_test_part(folders):
    slices, made = folders
    run(**made, looks=LOOKS, live=live())
    test, contents = slices.select(np.arange(10, 80)), manifest(made)
    np.testing.assert_array_equal(read_slices(made, 70), test.hounsfield)
    np.testing.assert_array_equal(read_slices(made, 70, "masks-{}.u8", np.uint8), test.mask)
    assert contents["slices"]["ids"] == test.id.tolist()
    assert contents["slices"]["labels"] == test.label.tolist()
    logits = np.load(made["predictions"] / "logits.npy")[10:]
    stored = contents["slices"]["stored"]["network"]["probability"]
    np.testing.assert_allclose(stored, softmax(logits, 1)[:, 1], rtol=1e-5)


def test_the_manifest_says_what_the_page_needs_to_know(folders):
    _, made = folders
    run(**made, looks=LOOKS, live=live())
    contents = manifest(made)
    (network,) = contents["networks"]
    assert contents["methods"] == [
        {"key": "grad_cam", "title": "Grad-CAM"}
    ]  # the other one does not run in the browser
    assert contents["target"] == "margin"
    assert contents["score_cam"] == {"masked_input": pytest.approx(0.1)}
    assert contents["field_mm"] == [12.0, 12.0]
    assert network["weights"] == [
        {"file": "network/network.safetensors", "bytes": 12, "sha256": "0" * 64, "location": "network.safetensors"}
    ]
    assert network["layers"][0]["centres"] == {"start": [0.5, 0.5], "step": [2.0, 2.0]}
    assert contents["mark"] is None


def test_slices_whose_values_stay_private_have_the_grey_values_of_pictures(folders):
    slices, made = folders
    run(**made, looks=LOOKS, live=live(slice_values=False))
    shown = read_slices(made, 70)
    assert manifest(made)["slices"]["exact"] is False
    assert len(np.unique(shown)) <= 256
    within = np.clip(slices.hounsfield[10:], *WINDOW)
    assert np.abs(shown - within).max() <= 1400 / 255 / 2 + 1e-3


def test_a_network_that_cannot_run_has_no_slices_but_a_reason(folders):
    _, made = folders
    BrowserResult(members=1, why_not="Expected X, but got Y").write(made["browser"])
    run(**made, looks=LOOKS, live=live())
    assert [file.name for file in made["out"].iterdir()] == ["live.json"]
    assert manifest(made)["networks"][0]["why_not"] == "Expected X, but got Y"


@pytest.mark.parametrize("target", ["predicted", "true"])
def test_stored_maps_are_shares_of_their_largest_magnitude_and_say_what_they_explain(folders, target):
    slices, made = folders
    made["localisation"] = made["out"].parent / "localisation"
    made["localisation"].mkdir()
    signed = np.random.default_rng(1).normal(size=(70, 12, 12)).astype(np.float32)
    signed[3] = 0
    SliceMaps({"grad_cam": np.maximum(signed, 0)}, {"grad_cam": signed}).write(made["localisation"])
    run(**made, looks=LOOKS, live=live(target=target))
    stored = manifest(made)["slices"]["stored"]["network"]
    for kind, maps in (("signed", signed), ("positive", np.maximum(signed, 0))):
        read = read_slices(made, 70, stored["maps"]["grad_cam"][kind], "<i2")
        limits = np.abs(maps).max((1, 2), keepdims=True)
        np.testing.assert_allclose(read / 32767 * limits, maps, atol=1e-4)
    answers = np.load(made["predictions"] / "logits.npy")[10:].argmax(1)
    assert stored["explained"] == (answers if target == "predicted" else slices.label[10:]).tolist()


def test_colours_are_those_of_figures(folders):
    _, made = folders
    run(**made, looks=LOOKS, live=live())
    ramps = manifest(made)["ramps"]
    assert [len(ramps[kind]) for kind in ("positive", "signed")] == [256, 256]
    assert (ramps["positive"][0], ramps["signed"][0], ramps["signed"][-1]) == ("#000004", "#08306b", "#67001f")


def drawn(slices, mark):
    """A mark added to slices as the page adds it."""
    marked = slices.astype(np.float64)
    if "pixels" in mark:
        (row, column), shape = mark["pixels"]["at"], np.array(mark["pixels"]["shape"], bool)
        marked[:, row : row + shape.shape[0], column : column + shape.shape[1]][:, shape] = mark["pixels"]["hounsfield"]
        return marked
    taps = np.array(mark["blur"]["taps"])
    reach, smooth = len(taps) // 2, marked
    for axis in (1, 2):
        padded = np.pad(smooth, [(0, 0), *((reach, reach) if one == axis else (0, 0) for one in (1, 2))], mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(taps), axis)
        smooth = windows @ taps
    weight = np.outer(mark["blur"]["rows"], mark["blur"]["columns"])
    return marked + weight * (smooth - marked)


def test_marks_are_those_that_are_planted(folders, tmp_path):
    slices, made = folders
    networks = {}
    for name in ("clean", *CUES):
        for kind in ("browser", "outputs"):
            networks[f"{kind}_{name}"] = tmp_path / f"{kind}_{name}"
            networks[f"{kind}_{name}"].mkdir()
        BrowserResult(members=1, layers=(LAYER,)).write(networks[f"browser_{name}"])
        logits = {PLAIN: np.full((70, 2), len(name), np.float32)}
        CueOutputs(logits, {}, 0, {}).write(networks[f"outputs_{name}"])
    given = {name: made[name] for name in ("out", "slices", "split")} | networks
    run(**given, looks=LOOKS, live=live(cues=tuple(CUES)))
    contents = manifest(made)
    assert [network["name"] for network in contents["networks"]] == ["clean", *CUES]
    assert contents["networks"][1]["title"] == "trained with a small bright letter"
    for name, cue in CUES.items():
        found = drawn(slices.hounsfield, contents["mark"][name])
        np.testing.assert_allclose(found, cue.put(slices.hounsfield), rtol=0, atol=1e-3)
