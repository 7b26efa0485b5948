"""The nodulemnist3d source: volumes of MedMNIST's file as slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from camfolio.data.reading import Order, Reading, read_source
from camfolio.data.sources.nodulemnist3d import PARTS
from camfolio.errors import DataError
from camfolio.study.settings import LabelRule
from camfolio.study.sources.nodulemnist3d import NoduleMnistData


def write(folder: Path, side: int = 28, **replaced: np.ndarray) -> Path:
    """Volumes whose values encode positions: 100 * part + index along the axes, modulo a byte."""
    axes = np.indices((side, side, side), np.uint8)
    arrays = {}
    for i, part in enumerate(PARTS):
        volumes = np.stack([axes[0] + 3 * axes[1] + 5 * axes[2] + 7 * i + 11 * j for j in range(2)]).astype(np.uint8)
        arrays |= {f"{part}_images": volumes, f"{part}_labels": np.array([[0], [1]], np.uint8)}
    np.savez(folder / "nodulemnist3d.npz", **arrays | replaced)
    return folder / "nodulemnist3d.npz"


def read(path: Path, **settings: object) -> Reading:
    data = NoduleMnistData.model_validate({"source": "nodulemnist3d", "path": "x.npz", **settings})
    return read_source(data, Order(LabelRule(), 0, {"path": path}))


@pytest.mark.parametrize("side", [28, 64])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_are_the_middle_ones_along_the_axis(tmp_path, side, axis):
    path = write(tmp_path, side)
    found = read(path, axis=axis, slices_per_nodule=3, grey_hu=[0, 255]).slices
    with np.load(path) as arrays:
        volumes = np.concatenate([arrays[f"{part}_images"] for part in PARTS])
    wanted = [np.take(volume, place, axis) for volume in volumes for place in (side // 2 - 1, side // 2, side // 2 - 2)]
    assert found.hounsfield == pytest.approx(np.array(wanted, np.float32), abs=1e-3)
    assert found.label.tolist() == [0, 0, 0, 1, 1, 1] * 3
    assert found.id.tolist()[:4] == ["train-0000-s1", "train-0000-s2", "train-0000-s3", "train-0001-s1"]


def test_grey_values_are_stretched_between_the_two_ends(tmp_path):
    images = np.zeros((2, 28, 28, 28), np.uint8)
    images[1] = 255
    found = read(write(tmp_path, train_images=images)).slices.hounsfield
    assert (found[0].max(), found[1].min()) == (-1000, 400)


def test_the_card_says_what_the_file_does_not(tmp_path):
    notes = " ".join(read(write(tmp_path)).card.notes)
    assert "a patient may be in two parts" in notes
    assert "-1000 to 400 HU; MedMNIST does not say" in notes


@pytest.mark.parametrize(
    ("replaced", "words"),
    [
        (
            {"val_images": np.zeros((2, 28, 28), np.uint8)},
            r"volumes of 28 or 64 voxels .* uint8 \(2, 28, 28\) in nodulemnist3d\.npz",
        ),
        ({"val_images": np.zeros((2, 30, 30, 30), np.uint8)}, "volumes of 28 or 64 voxels"),
        ({"val_images": np.zeros((2, 28, 28, 28), np.float32)}, "in bytes, but got float32"),
        ({"test_labels": np.zeros((3, 1), np.uint8)}, r"one whole number per volume as label, but got uint8 \(3, 1\)"),
        ({"test_labels": np.full((2, 1), 4, np.uint8)}, "Expected labels 0 and 1, but got 4"),
    ],
)
def test_another_file_is_refused(tmp_path, replaced, words):
    with pytest.raises(DataError, match=words):
        read(write(tmp_path, **replaced))


def test_a_missing_array_is_named(tmp_path):
    np.savez(tmp_path / "x.npz", train_images=np.zeros((1, 28, 28, 28), np.uint8))
    with pytest.raises(DataError, match=r"in x\.npz, but train_labels, val_images, .* is missing"):
        read(tmp_path / "x.npz")


def test_two_sizes_in_one_file_are_refused(tmp_path):
    with pytest.raises(DataError, match="volumes of one size"):
        read(write(tmp_path, val_images=np.zeros((2, 64, 64, 64), np.uint8)))


def test_slices_of_one_volume_are_of_one_nodule(tmp_path):
    found = read(write(tmp_path), slices_per_nodule=3)
    assert found.slices.nodule.tolist() == found.slices.patient.tolist()
    assert found.card.nodules_known
