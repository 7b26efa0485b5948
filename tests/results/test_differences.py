"""How far one result file is from another."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.numpy import save_file

from camfolio.results.differences import array_difference, difference, values_difference

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def write(path, content):
    if path.suffix == ".npy":
        np.save(path, content)
    elif path.suffix == ".png":
        Image.fromarray(content).save(path)
    elif path.suffix in {".f32", ".i16"}:
        content.tofile(path)
    elif path.suffix == ".npz":
        np.savez(path, **content)
    elif path.suffix == ".safetensors":
        save_file(content, path)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


ONE = np.linspace(0, 1, 5)
GREY = np.full((4, 5, 3), 100, np.uint8)
SPECK = np.where(np.arange(60).reshape(4, 5, 3) == 7, 151, GREY).astype(np.uint8)
PAIRS = {
    "same numbers": ("a.json", {"auc": 0.9}, {"auc": 0.9}, 0.0),
    "a digit": ("a.json", {"auc": 0.900}, {"auc": 0.909}, 0.0099),
    "a word": ("a.json", {"id": "s1"}, {"id": "s2"}, math.inf),
    "a digest of a file": ("a.json", {"file": "a", "sha256": "00"}, {"file": "a", "sha256": "11"}, 0.0),
    "numbers alone": ("a.f32", ONE.astype("<f4"), ONE.astype("<f4") * np.float32(1.25), 0.2),
    "fewer numbers": ("a.f32", ONE.astype("<f4"), ONE[1:].astype("<f4"), math.inf),
    "short numbers": ("a.i16", np.array([0, 1000], "<i2"), np.array([1, 1000], "<i2"), 1e-3),
    "a key": ("a.json", {"id": 1}, {"ids": 1}, math.inf),
    "true and one": ("a.json", {"id": True}, {"id": 1.5}, math.inf),
    "nearly nothing": ("a.json", [0.0], [1e-5], 1e-3),
    "a cell": ("a.csv", "name,x\na,1.00\n", "name,x\na,1.01\n", 0.0099),
    "another row": ("a.csv", "name,x\n", "name,x\na,1\n", math.inf),
    "an array": ("a.npz", {"x": ONE}, {"x": ONE + 0.01}, 0.0099),
    "a shape": ("a.npz", {"x": ONE}, {"x": ONE[:4]}, math.inf),
    "whole numbers": ("a.npz", {"x": np.arange(3)}, {"x": np.arange(3) + 1}, math.inf),
    "undefined in one": ("a.npz", {"x": ONE}, {"x": np.where(ONE > 0.9, np.nan, ONE)}, math.inf),
    "weights": ("a.safetensors", {"x": ONE.astype("f4")}, {"x": ONE.astype("f4") * 1.01}, 0.0099),
    "logits": ("a.npy", ONE, ONE + 0.01, 0.0099),
    "one channel of one pixel": ("a.png", GREY, SPECK, 51 / 255 / 20),
    "other pixels": ("a.png", GREY, GREY + 51, 51 / 255),
    "a picture's size": ("a.png", GREY, GREY[1:], math.inf),
    "a drawing": ("a.svg", "<svg/>", "<svg />", math.inf),
}


@pytest.mark.parametrize("name", PAIRS)
def test_files_differ_by_so_much(tmp_path, name):
    file, first, second, expected = PAIRS[name]
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    pair = write(tmp_path / "before" / file, first), write(tmp_path / "after" / file, second)
    assert difference(*pair) == pytest.approx(expected, rel=0.01)


def test_a_drawing_differs_as_much_as_its_picture(tmp_path):
    for name, text, pixels in (("before", "<svg/>", GREY), ("after", "<svg />", SPECK)):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "light.svg", text)
        write(tmp_path / name / "light.png", pixels)
    files = tmp_path / "before" / "light.svg", tmp_path / "after" / "light.svg"
    assert difference(*files) == pytest.approx(51 / 255 / 20)
    write(tmp_path / "after" / "light.png", GREY)
    assert difference(*files) == 0.0


@given(VALUES)
def test_a_value_does_not_differ_from_itself(value):
    assert values_difference(value, json.loads(json.dumps(value))) == 0.0


@given(VALUES, VALUES)
def test_it_does_not_matter_which_is_first(first, second):
    assert values_difference(first, second) == values_difference(second, first)


@given(st.lists(NUMBERS, min_size=1, max_size=5), st.floats(0, 0.5))
def test_an_array_and_its_multiple_differ_by_their_ratio(values, share):
    array = np.array(values)
    expected = share if array.any() else 0.0
    assert array_difference(array, array * (1 - share)) == pytest.approx(expected, abs=1e-9)
