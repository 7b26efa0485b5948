"""The npz source: plain arrays are taken, everything else is refused, nothing is unpickled."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from camfolio.data.sources import npz
from camfolio.errors import DataError

REAL = Path(__file__).resolve().parents[3] / "../shared/data/lidc32.npz"


def test_a_good_file_is_read_as_it_was_written(tiny_npz, tiny_slices):
    slices, card = npz.read(tiny_npz(8))
    written = tiny_slices(8)
    assert np.array_equal(slices.hounsfield, written.hounsfield.round())
    for name in ("label", "mask", "patient", "spacing"):
        assert np.array_equal(getattr(slices, name), getattr(written, name))
    assert slices.id.tolist() == [
        "p000-s1",
        "p000-s2",
        "p001-s1",
        "p001-s2",
        "p002-s1",
        "p002-s2",
        "p003-s1",
        "p003-s2",
    ]
    assert (card.source, card.file, card.attenuation) == ("npz", "tiny.npz", "measured")


def test_rows_come_from_y_and_columns_from_x(tiny_npz):
    slices, card = npz.read(tiny_npz(4, spacing_xyz=np.tile(np.float32([0.5, 0.75, 2.0]), (4, 1))))
    assert slices.spacing.tolist() == [[0.75, 0.5]] * 4
    assert card.stored_spacing_mm == (0.5, 0.75)


def test_given_ids_are_kept(tiny_npz):
    names = np.array(["d", "c", "b", "a"])
    assert npz.read(tiny_npz(4, id=names))[0].id.tolist() == names.tolist()


def test_a_wanted_spacing_is_resampled_and_the_stored_one_told(tiny_npz):
    slices, card = npz.read(tiny_npz(4), 0.5)
    assert (slices.spacing == 0.5).all()
    assert card.stored_spacing_mm == (1.0, 1.0)
    assert slices.mask.sum() > npz.read(tiny_npz(4))[0].mask.sum()


@pytest.mark.parametrize("name", npz.NEEDED)
def test_a_missing_array_is_named(tiny_npz, name):
    words = f"Expected the arrays image, label, mask, patient, spacing_xyz in tiny.npz, but {name} is missing"
    with pytest.raises(DataError, match=words):
        npz.read(tiny_npz(4, **{name: None}))


WRONG = {
    "text image": ({"image": np.full((4, 16, 16), "a")}, r"image of kind i or u or f, but got <U1 in tiny\.npz"),
    "flat image": ({"image": np.zeros((4, 16))}, r"image of shape \(slices, height, width\), but got \(4, 16\)"),
    "one number as image": ({"image": np.float32(3)}, r"image of shape \(slices, height, width\), but got \(\)"),
    "broken labels": ({"label": np.full(4, 0.5)}, "label of kind i or u or b, but got float64"),
    "labels of two axes": ({"label": np.zeros((4, 1), int)}, r"label of shape \(4,\), but got \(4, 1\)"),
    "too few labels": ({"label": np.zeros(3, int)}, r"label of shape \(4,\), but got \(3,\)"),
    "a label 2": ({"label": np.array([0, 1, 2, 1])}, "Expected labels 0 and 1, but got 2"),
    "a mask of numbers": ({"mask": np.zeros((4, 16, 16), np.uint8)}, "mask of kind b, but got uint8"),
    "a smaller mask": ({"mask": np.zeros((4, 8, 8), bool)}, r"mask of shape \(4, 16, 16\), but got \(4, 8, 8\)"),
    "patients as numbers": ({"patient": np.arange(4)}, "patient of kind U, but got int64"),
    "spacing of two axes": ({"spacing_xyz": np.ones((4, 2))}, r"spacing_xyz of shape \(4, 3\), but got \(4, 2\)"),
    "spacing in words": ({"spacing_xyz": np.full((4, 3), "1")}, "spacing_xyz of kind i or u or f, but got <U1"),
    "spacing 0": ({"spacing_xyz": np.zeros((4, 3))}, "pixel spacing above 0 mm, but got 0"),
    "NaN": (
        {"image": np.full((4, 16, 16), np.nan)},
        "finite Hounsfield units, but got NaN or infinity in slice number 0",
    ),
    "an id twice": ({"id": np.array(["a", "a", "b", "c"])}, "every slice id once, but slices number 0 and 1"),
    "ids as numbers": ({"id": np.arange(4)}, "id of kind U, but got int64"),
    "pickled patients": (
        {"patient": np.array(["a", 1, None, "b"], dtype=object)},
        "plain arrays, but got Object arrays",
    ),
}


@pytest.mark.parametrize(("replaced", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_array_is_refused_in_a_sentence(tiny_npz, replaced, words):
    with pytest.raises(DataError, match=words) as caught:
        npz.read(tiny_npz(4, **replaced))
    assert str(caught.value).startswith("Expected ")


def test_no_slices_are_refused(tiny_npz):
    none = {"image": np.zeros((0, 16, 16)), "mask": np.zeros((0, 16, 16), bool), "label": np.zeros(0, int)}
    none |= {"patient": np.zeros(0, "U1"), "spacing_xyz": np.zeros((0, 3))}
    with pytest.raises(DataError, match="Expected at least one slice, but got none"):
        npz.read(tiny_npz(4, **none))


def text(path: Path) -> None:
    path.write_text("not an archive", encoding="utf-8")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


def one_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.arange(3))


def damaged_in_compression(path: Path) -> None:
    with np.load(path) as arrays:
        np.savez_compressed(path, **arrays)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("image.npy").header_offset
    content = bytearray(path.read_bytes())
    content[start + 80 : start + 140] = bytes(60)
    path.write_bytes(content)


def no_arrays(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in npz.NEEDED:
            archive.writestr(name, "text")


def deleted(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    "damage", [text, nothing, truncated, flipped, one_array, damaged_in_compression, no_arrays, deleted]
)
def test_a_file_that_is_no_whole_npz_is_refused_in_a_sentence(tiny_npz, damage):
    path = tiny_npz(4)
    damage(path)
    with pytest.raises(DataError, match=r"Expected .*tiny\.npz"):
        npz.read(path)


def test_ids_stay_unique_when_a_patient_is_called_like_an_id():
    ids = npz.default_ids(np.array(["a", "a-s1", "a", "a-s1"]))
    assert ids.tolist() == ["a-s1", "a-s1-s1", "a-s2", "a-s1-s2"]


@pytest.mark.skipif(not REAL.is_file(), reason=f"needs the real slices at {REAL}, which are not part of the repository")
def test_the_real_slices_are_read_and_resampled():
    slices, card = npz.read(REAL, 1.0)
    stored, _ = npz.read(REAL)
    assert slices.hounsfield.shape == (741, 32, 32)
    assert 0.4 < card.stored_spacing_mm[0] <= card.stored_spacing_mm[1] < 1.0
    whole = ~(stored.mask[:, [0, -1]].any((1, 2)) | stored.mask[:, :, [0, -1]].any((1, 2))) & (stored.area_mm2 > 40)
    assert whole.sum() > 100
    assert np.median(np.abs(slices.area_mm2 / stored.area_mm2 - 1)[whole]) < 0.05
    assert slices.label.mean() == pytest.approx(stored.label.mean())


def test_nodules_are_optional_and_the_card_says_whether_they_are_known(tiny_npz):
    slices, card = npz.read(tiny_npz(n=4))
    assert slices.nodule.tolist() == slices.id.tolist()
    assert not card.nodules_known
    nodule = np.array(["a", "a", "b", "c"])
    slices, card = npz.read(tiny_npz(n=4, nodule=nodule), spacing_mm=2.0)
    assert slices.nodule.tolist() == nodule.tolist()
    assert card.nodules_known


def test_a_nodule_of_two_patients_is_refused(tiny_npz):
    with pytest.raises(DataError, match="one patient for all slices of a nodule, but slices number 0 and 2"):
        npz.read(tiny_npz(n=4, nodule=np.array(["1", "2", "1", "2"])))
