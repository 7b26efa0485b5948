"""The class-folders source: images of one folder per class, masks beside them, patients in names."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from camfolio.data.reading import Order, Reading, read_source
from camfolio.data.sources import class_folders
from camfolio.data.sources.class_folders import read_array
from camfolio.errors import DataError
from camfolio.study.settings import LabelRule
from camfolio.study.sources.class_folders import ClassFoldersData

GREY = {"grey_hu": (-1000.0, 400.0)}


def read(folder: Path, **settings: object) -> Reading:
    given = {"source": "class-folders", "path": "images", "patient": "^([^_]+)_", "spacing_mm": 0.7, **settings}
    return read_source(ClassFoldersData.model_validate(given), Order(LabelRule(), 0, {"path": folder}))


def save(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    np.save(path, values) if path.suffix == ".npy" else Image.fromarray(values).save(path)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two grey PNGs per class of 8 bits, one of them with a mask."""
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for name in ("benign/ann_1.png", "benign/bob_1.png", "malignant/carl_1.png", "malignant/carl_2.png"):
        save(tmp_path / name, values)
    save(tmp_path / "malignant/carl_2_mask.png", (values > 99).astype(np.uint8) * 255)
    return tmp_path


def test_folders_are_classes_and_names_are_patients(folder):
    found = read(folder, **GREY)
    assert found.slices.label.tolist() == [0, 0, 1, 1]
    assert found.slices.patient.tolist() == ["ann", "bob", "carl", "carl"]
    assert found.slices.mask.sum((1, 2)).tolist() == [0, 0, 0, 156]
    assert (found.slices.spacing == np.float32(0.7)).all()
    assert {step.words: step.count for step in found.card.steps} == {
        "Images in benign": 2,
        "Images in malignant": 2,
        "Images with a mask beside them": 1,
        "Slices used": 4,
    }


@pytest.mark.parametrize(("kind", "most"), [(np.uint8, 255), (np.uint16, 65535)])
def test_grey_values_are_stretched_between_the_two_ends(folder, kind, most):
    save(folder / "benign/ann_1.png", np.array([[0, most], [most // 5, most]], kind))
    for name in ("benign/bob_1", "malignant/carl_1", "malignant/carl_2", "malignant/carl_2_mask"):
        save(folder / f"{name}.png", np.zeros((2, 2), kind))
    assert read(folder, **GREY).slices.hounsfield[0] == pytest.approx(np.array([[-1000, 400], [-720, 400]]), abs=0.01)


@pytest.mark.parametrize(
    ("name", "kind"), [("x_1.npy", np.int16), ("x_1.npy", np.float32), ("x_1.tif", np.float32), ("x_1.tiff", np.int32)]
)
def test_values_that_are_hounsfield_units_stay_as_they_are(tmp_path, name, kind):
    values = np.array([[-1000, 40], [3, 7]], kind)
    for label in ("benign", "malignant"):
        save(tmp_path / label / name, values)
    assert (read(tmp_path).slices.hounsfield == values).all()


def pickled(path: Path) -> None:
    np.save(path.with_suffix(".npy"), np.array([[{}]], object), allow_pickle=True)
    path.unlink()


def bomb(path: Path) -> None:
    """A PNG of a few hundred bytes with a declared size of 60000 x 60000."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")

    head = (60000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    packed = chunk(b"IDAT", zlib.compress(bytes(10000)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + packed + chunk(b"IEND", b""))


def lying(path: Path) -> None:
    """An npy whose header claims more than a slice can hold."""
    named = path.with_suffix(".npy")
    header = "{'descr': '<i2', 'fortran_order': False, 'shape': (60000, 60000), }".ljust(117) + "\n"
    named.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(100))
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def coloured(path: Path) -> None:
    save(path, np.zeros((16, 16, 3), np.uint8))


def a_jpeg(path: Path) -> None:
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(path, format="JPEG")


def nan(path: Path) -> None:
    save(path.with_suffix(".npy"), np.full((16, 16), np.nan, np.float32))
    path.unlink()


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "no image": (
        lambda path: path.write_text("text", encoding="utf-8"),
        r"a grey image, but bob_1\.png cannot be read \(no image\)",
    ),
    "cut short": (cut, r"a grey image, but bob_1\.png cannot be read"),
    "pickled": (pickled, r"a grey image, but bob_1\.npy cannot be read \(ValueError\)"),
    "a bomb": (bomb, r"bob_1\.png"),
    "a lying header": (lying, r"a grey image, but bob_1\.npy cannot be read \(ValueError\)"),
    "colours": (coloured, r"a grey image, but bob_1\.png has the mode RGB"),
    "a JPEG in disguise": (a_jpeg, r"bob_1\.png cannot be read \(no image\)"),
    "NaN": (nan, r"bob_1\.npy has float32\. Leave grey_hu out"),
    "no patient": (lambda path: path.rename(path.with_name("nobody.png")), r"a patient in the name nobody\.png"),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_wrong_with_an_image_is_one_sentence_and_can_be_skipped(folder, damage, words, caplog):
    caplog.set_level(logging.WARNING, "camfolio")
    damage(folder / "benign/bob_1.png")
    with pytest.raises(DataError, match=words):
        read(folder, **GREY)
    found = read(folder, on_error="skip", **GREY)
    assert found.card.skipped == {"images that cannot be used": 1}
    assert found.slices.patient.tolist() == ["ann", "carl", "carl"]


def test_nan_in_hounsfield_units_is_refused(tmp_path):
    save(tmp_path / "benign/bob_1.npy", np.full((4, 4), np.nan, np.float32))
    save(tmp_path / "malignant/carl_1.npy", np.zeros((4, 4), np.float32))
    with pytest.raises(DataError, match=r"Expected finite values, but bob_1\.npy holds NaN or infinity"):
        read(tmp_path)


def test_grey_values_without_their_meaning_are_refused(folder):
    with pytest.raises(
        DataError,
        match=r"Expected HU, but ann_1\.png has 8 bits per pixel, which cannot hold them\. Give data\.grey_hu",
    ):
        read(folder)


def test_a_mask_of_another_size_is_refused(folder):
    save(folder / "benign/ann_1_mask.png", np.zeros((3, 3), np.uint8))
    with pytest.raises(DataError, match=r"Expected a mask of \(16, 16\), as ann_1\.png, but got \(3, 3\)"):
        read(folder, **GREY)


def test_images_of_two_sizes_are_refused(folder):
    save(folder / "benign/bob_1.png", np.zeros((3, 3), np.uint8))
    with pytest.raises(DataError, match=r"images of one size, but ann_1\.png is \(16, 16\) and bob_1\.png \(3, 3\)"):
        read(folder, **GREY)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"folders": ["benign", "other"]}, "Expected a folder other under data.path, but there is none"),
        ({"folders": ["benign", "../x"]}, r"Expected the name of a folder in data\.folders, but got '\.\./x'"),
        ({"folders": ["benign", "/"]}, "Expected the name of a folder"),
        ({"patient": "("}, r"Expected a regular expression in data\.patient, but got '\('"),
        ({"patient": "x"}, r"Expected a group in data\.patient that is the patient, but got 'x'\. For example"),
    ],
)
def test_settings_that_fit_nothing_are_refused(folder, settings, words):
    with pytest.raises(DataError, match=words):
        read(folder, **GREY, **settings)


def test_an_empty_class_is_refused(folder):
    (folder / "empty").mkdir()
    with pytest.raises(
        DataError, match=r"Expected images \(\.png, .*\.jpeg, \.npy\) in the folder empty, but it has none"
    ):
        read(folder, folders=["benign", "empty"], **GREY)


def test_the_nodule_may_be_in_the_name_and_is_counted_within_the_patient(folder):
    assert not read(folder, **GREY).card.nodules_known
    assert read(folder, **GREY).slices.nodule.tolist() == read(folder, **GREY).slices.id.tolist()
    found = read(folder, nodule="_([0-9]+)", **GREY)
    assert found.slices.nodule.tolist() == ["ann/1", "bob/1", "carl/1", "carl/2"]
    assert found.card.nodules_known
    with pytest.raises(DataError, match=r"Expected a nodule in the name ann_1.png, but data.nodule .* finds none"):
        read(folder, nodule="_n([0-9])", **GREY)
    with pytest.raises(DataError, match=r"Expected a group in data.nodule that is the nodule"):
        read(folder, nodule="1", **GREY)


def chained(path: Path, next_frame: int) -> None:
    """A TIFF whose first frame is whole, and says that a second one begins at a byte."""
    save(path, np.zeros((16, 16), np.float32))
    content = bytearray(path.read_bytes())
    start = int.from_bytes(content[4:8], "little")
    entries = int.from_bytes(content[start : start + 2], "little")
    at = start + 2 + 12 * entries
    content[at : at + 4] = next_frame.to_bytes(4, "little")
    path.write_bytes(content)


@pytest.mark.parametrize("next_frame", [1, 9, 200, 100_000, 2**32 - 1])
def test_a_tiff_with_a_damaged_chain_is_skipped_if_the_study_says_so(folder, next_frame):
    for name in ("benign/ann_1", "benign/bob_1", "malignant/carl_1", "malignant/carl_2", "malignant/carl_2_mask"):
        (folder / f"{name}.png").unlink()
        save(folder / f"{name}.tif", np.zeros((16, 16), np.float32))
    chained(folder / "benign" / "ann_1.tif", next_frame)
    assert read(folder, on_error="skip").card.skipped == {"images that cannot be used": 1}
    with pytest.raises(DataError, match=r"but ann_1\.tif (is larger or has several|cannot be read)"):
        read(folder)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_image_is_read_or_refused(folder, seed):
    chance = np.random.default_rng(seed)
    path = folder / "benign" / ("ann_1.tif" if seed % 3 else "ann_1.npy")
    (folder / "benign" / "ann_1.png").unlink()
    save(path, chance.normal(size=(16, 16)).astype(np.float32))
    content = bytearray(path.read_bytes())
    head = range(128) if path.suffix == ".npy" else [*range(8), *range(len(content) - 200, len(content))]
    for at in chance.choice(head, 4):
        content[at % len(content)] = chance.integers(256)
    path.write_bytes(content)
    try:
        read_array(path, path.name)
    except DataError as error:
        assert str(error).startswith("Expected ")  # noqa: PT017 - both outcomes are fine, a crash is not


def test_more_images_than_fit_into_memory_are_refused(folder, monkeypatch):
    monkeypatch.setattr(class_folders, "LARGEST_TOTAL", 600)
    with pytest.raises(DataError, match=r"at most 600 pixels together, but got more up to carl_1\.png\. Crop them"):
        read(folder, on_error="skip", **GREY)


def counts(reading: Reading) -> dict[str, int]:
    return {step.words: step.count for step in reading.card.steps}


def grey(kind: type = np.uint8) -> np.ndarray:
    return np.arange(256).reshape(16, 16).astype(kind)


def test_a_tree_of_patients_and_nodules_is_read_by_patterns_on_the_path(tmp_path):
    for label in ("benign", "malignant"):
        for patient in ("1", "2"):
            for nodule, number in (("n1", 1), ("n1", 2), ("n2", 1)):
                save(tmp_path / label / f"{label[0]}{patient}" / nodule / f"{number}.png", grey())
    found = read(tmp_path, patient="^([^/]+)/", nodule="/([^/]+)/[^/]+$", **GREY)
    assert len(found.slices) == 12
    assert found.slices.patient.tolist() == ["b1"] * 3 + ["b2"] * 3 + ["m1"] * 3 + ["m2"] * 3
    assert found.slices.nodule.tolist()[:3] == ["b1/n1", "b1/n1", "b1/n2"]
    assert found.slices.id.tolist()[:3] == ["benign/b1/n1/1.png", "benign/b1/n1/2.png", "benign/b1/n2/1.png"]
    with pytest.raises(
        DataError, match=r"patient within one part of a path, but data\.patient .* finds b1/n1 in b1/n1/1\.png"
    ):
        read(tmp_path, patient="^(.*)/", **GREY)


def test_images_in_folders_below_keep_the_patients_of_their_names(folder):
    (folder / "benign/batch1").mkdir()
    (folder / "benign/ann_1.png").rename(folder / "benign/batch1/ann_1.png")
    assert read(folder, patient="([a-z]+)_[0-9]", **GREY).slices.patient.tolist() == ["ann", "bob", "carl", "carl"]
    with pytest.raises(DataError, match=r"finds batch1/ann in batch1/ann_1\.png\. Write \[\^/\] instead"):
        read(folder, **GREY)


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".bmp", ".PNG", ".TIF"])
def test_images_of_every_kind_are_read_whatever_the_case_of_their_names(folder, suffix):
    save(folder / f"benign/dora_1{suffix}", grey())
    found = read(folder, **GREY)
    assert found.slices.patient.tolist() == ["ann", "bob", "dora", "carl", "carl"]
    expected = read(folder, **GREY).slices.hounsfield[0]
    assert np.abs(found.slices.hounsfield[2] - expected).max() <= (50 if suffix in {".jpg", ".JPEG"} else 0)
    assert len(found.card.notes) == (suffix in {".jpg", ".JPEG"})


@pytest.mark.parametrize("name", ["carl_1_Mask.png", "carl_1_MASK.PNG", "carl_1_mask.tif", "CARL_1_mask.Png"])
def test_a_mask_is_found_whatever_the_case_of_its_name_and_its_kind(folder, name):
    save(folder / "malignant" / name, (grey() > 99).astype(np.uint8) * 255)
    found = read(folder, **GREY)
    assert len(found.slices) == 4
    assert found.slices.mask.sum((1, 2)).tolist() == [0, 0, 156, 156]


def test_a_mask_of_each_kind_goes_to_the_image_of_its_kind(tmp_path):
    save(tmp_path / "benign/a_1.npy", grey(np.int16))
    save(tmp_path / "benign/a_1.tif", grey(np.float32))
    save(tmp_path / "benign/a_1_mask.npy", grey() > 9)
    save(tmp_path / "benign/a_1_mask.tif", grey() > 99)
    save(tmp_path / "malignant/b_1.npy", grey(np.int16))
    assert read(tmp_path).slices.mask.sum((1, 2)).tolist() == [246, 156, 0]


MASKS = {
    "a mask of no image": ("benign/zoe_1_mask.png", r"an image beside the mask zoe_1_mask\.png that has no other mask"),
    "a second mask": ("malignant/carl_2_mask.tif", r"an image beside the mask carl_2_mask\.tif that has no other mask"),
    "two masks of one kind": (
        "malignant/carl_2_MASK.png",
        r"one mask of carl_2\.png, but got carl_2_MASK.* and carl_2_m",
    ),
    "a number after the mask": ("malignant/carl_2_mask_1.png", r"but carl_2_mask_1\.png is named otherwise"),
    "a folder of masks": ("benign/Masks/ann_1.png", r"but Masks/ann_1\.png is named otherwise\. Rename it"),
    "another word": (
        "benign/ann_1_label.png",
        r"grey values, but ann_1_label\.png holds only two, as masks do\. Name it",
    ),
}


@pytest.mark.parametrize(("name", "words"), MASKS.values(), ids=MASKS)
def test_a_mask_that_is_of_no_image_is_never_read_as_one(folder, name, words):
    save(folder / name, (grey() > 99).astype(np.uint8) * 255)
    with pytest.raises(DataError, match=words):
        read(folder, **GREY)
    found = read(folder, on_error="skip", **GREY)
    assert found.card.skipped == {"images that cannot be used": 1}
    assert len(found.slices) == (3 if "two masks" in words or "one mask of" in words else 4)


def test_a_patient_called_like_a_mask_is_a_patient(folder):
    save(folder / "benign/maskell_1.png", grey())
    assert "maskell" in read(folder, **GREY).slices.patient


def test_every_file_is_used_or_counted(folder):
    for name in ("benign/notes.txt", "benign/deep/scan.dcm", "benign/Thumbs.db", "readme.md", "normal/eve_1.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    found = counts(read(folder, **GREY))
    assert found["Files of other kinds, left out"] == 2
    assert found["Files outside of these folders, left out"] == 2
    assert found["Hidden files of operating systems, left out"] == 1
    assert found["Slices used"] == 4


def test_a_class_without_images_says_what_it_has(folder):
    (folder / "other").mkdir()
    for name in ("a.webp", "b.webp", "c"):
        (folder / "other" / name).write_bytes(b"x")
    with pytest.raises(
        DataError, match=r"in the folder other, but it has 3 files of other kinds \(\.webp, no suffix\)"
    ):
        read(folder, folders=["benign", "other"], **GREY)


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        (["Benign", "malignant"], r"a folder Benign under data\.path, but there is none\. Did you mean benign\?"),
        (["benign", "benign"], "a folder for each class in data.folders, but got 'benign' twice"),
    ],
)
def test_names_of_classes_that_are_not_there_or_twice_are_refused(folder, folders, words):
    with pytest.raises(DataError, match=words):
        read(folder, folders=folders, **GREY)


def test_a_class_may_be_a_link(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "slices"
    (folder / "benign").rename(elsewhere)
    (folder / "benign").symlink_to(elsewhere)
    assert read(folder, **GREY).slices.patient.tolist() == ["ann", "bob", "carl", "carl"]
