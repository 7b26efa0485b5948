"""What the page "Try it" does without a network, in a browser: files of the reader, links, edits and crops, each against Python."""

from __future__ import annotations

import base64
import io
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
)

from camfolio.data.resampling import resample
from camfolio.data.slices import Slices
from camfolio.evidence.imputation import impute
from camfolio.evidence.shortcut import CUES
from camfolio.raster.live import mark
from camfolio.site.runtime import BrowserRuntime

DEFAULTS = Path(__file__).resolve().parents[2] / "src" / "camfolio" / "site" / "defaults"
READ = """async ([text, name, runtime]) => {
  const { readPicture } = await import("/assets/try/files.js");
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  try {
    const { values, ...about } = await readPicture(new File([bytes], name), new URL(runtime, location.href));
    return { ...about, values: [...values] };
  } catch (error) {
    return { error: error.message, kind: error.constructor.name };
  }
}"""
"""Reads a file as if the reader had opened it."""


@pytest.fixture(scope="module")
def runtime(shared):
    """The libraries that a site has from npm."""
    return BrowserRuntime(shared / "npm")


@pytest.fixture(scope="module")
def tab(browser, serve, runtime, tmp_path_factory):
    """A page of the origin that serves the scripts, and the libraries if there are any."""
    site = tmp_path_factory.mktemp("scripts")
    shutil.copytree(DEFAULTS / "assets", site / "assets")
    if not runtime.why_not:
        for place, file in runtime.files.items():
            (site / place).parent.mkdir(exist_ok=True)
            shutil.copyfile(file, site / place)
    (site / "index.html").write_text("<!doctype html><title>Try it</title>", encoding="utf-8")
    with serve(site) as address:
        tab = browser.new_page()
        tab.goto(address)
        yield tab
        tab.close()


@pytest.fixture(scope="module")
def read(tab):
    """`read(bytes, "a.npy")`: the picture that the page reads from a file, or the sentence that it says."""

    def call(content: bytes, name: str, runtime: str = "/assets/runtime/"):
        return tab.evaluate(READ, [base64.b64encode(content).decode(), name, runtime])

    return call


def npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def png(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


RAMP = np.arange(12, dtype=np.float64).reshape(3, 4) * 50 - 300


@pytest.mark.parametrize(
    "array",
    [
        RAMP.astype("<f4"),
        RAMP.astype(">f8"),
        np.asfortranarray(RAMP.astype("<f4")),
        RAMP.astype("<i2"),
        np.asfortranarray(RAMP.astype(">i4")),
        RAMP.astype("<i8"),
        np.abs(RAMP).astype("u1"),
    ],
    ids=lambda array: f"{array.dtype.str}-{'F' if np.isfortran(array) else 'C'}",
)
def test_an_array_of_numpy_is_read_in_every_type_and_order(read, array):
    for version in ((1, 0), (2, 0)):
        found = read(npy(array, version), "slice.npy")
        assert found["size"] == [3, 4]
        assert found["unit"] == "HU"
        np.testing.assert_array_equal(np.reshape(found["values"], (3, 4)), array.astype(np.float32))


WRONG = {
    "empty": (b"", "a.png", "a.png is empty"),
    "text": (b"hello, this is no picture", "a.dcm", "begins like none of them"),
    "three-axes": (
        npy(np.zeros((2, 3, 4), np.float32)),
        "a.npy",
        "with 2 axes, rows and columns, but the NPY file has 3",
    ),
    "complex": (npy(np.zeros((2, 3), np.complex64)), "a.npy", "holds another type"),
    "half": (npy(np.zeros((2, 3), np.float16)), "a.npy", "holds another type"),
    "nan": (npy(np.array([[1.0, np.nan], [0, 0]])), "a.npy", "NaN or infinite"),
    "cut-values": (npy(np.zeros((20, 30), np.float32))[:-7], "a.npy", "truncated"),
    "cut-header": (npy(np.zeros((20, 30), np.float32))[:40], "a.npy", "truncated"),
    "huge-header": (
        npy(np.zeros((2, 3), np.float32)).replace(b"(2, 3)", b"(99999, 99999)"),
        "a.npy",
        "2 to 4096 rows and columns",
    ),
    "cut-png": (png(np.zeros((40, 40), np.uint8))[:60], "a.png", "damaged or truncated"),
    "short-png": (png(np.zeros((40, 40), np.uint8))[:20], "a.png", "truncated"),
    "huge-png": (
        png(np.zeros((40, 40), np.uint8))[:16] + b"\x00\x01\x00\x00" * 2 + bytes(20),
        "a.png",
        "but the PNG file has 65536 and 65536",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_no_picture_is_one_sentence(read, case):
    content, name, words = WRONG[case]
    found = read(content, name)
    assert found["kind"] == "FileError", found
    assert words in found["error"]


def test_an_array_of_objects_is_refused(read):
    file = io.BytesIO()
    np.save(file, np.array([["a", None], [1, 2]], dtype=object), allow_pickle=True)
    assert "holds another type" in read(file.getvalue(), "a.npy")["error"]


def test_a_huge_file_is_refused_before_it_is_read(tab):
    found = tab.evaluate(
        """async () => {
          const { readPicture } = await import("/assets/try/files.js");
          const file = { size: 65e6, name: "scan.dcm", arrayBuffer() { throw new Error("it was read"); } };
          return readPicture(file).then(() => "", error => error.message);
        }"""
    )
    assert found == "Expected a file of at most 64 MB, but scan.dcm has 65 MB. It was not read."


def test_grey_values_of_a_png_are_read_and_said_to_be_no_hu(read):
    grey = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
    found = read(png(grey), "a.png")
    assert (found["unit"], found["spacing"], found["size"]) == ("grey", None, [5, 7])
    assert np.abs(np.reshape(found["values"], (5, 7)) - grey).max() < 1
    assert "no HU" in found["notes"][0]
    coloured = read(png(np.repeat(grey[..., None], 3, 2)), "a.png")
    assert any("grey" in note for note in coloured["notes"][1:])


def dicom(syntax: str = ExplicitVRLittleEndian, **changed: object) -> bytes:
    """One CT image of 6 x 5 pixels in HU."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = CTImageStorage, "1.2.3", "CT"
    data.Rows, data.Columns, data.SamplesPerPixel, data.PhotometricInterpretation = 6, 5, 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.RescaleSlope, data.RescaleIntercept, data.PixelSpacing = "2", "-1024", ["0.7", "0.8"]
    stored = np.arange(-3, 27, dtype=">i2" if syntax == ExplicitVRBigEndian else "<i2")
    data.PixelData = stored.tobytes()
    data["PixelData"].VR = "OW"
    for name, value in changed.items():
        if value is None:
            delattr(data, name)
        else:
            setattr(data, name, value)
    file = io.BytesIO()
    pydicom.dcmwrite(
        file,
        data,
        enforce_file_format=True,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
    )
    return file.getvalue()


@pytest.fixture
def parser(runtime):
    """Skips a test where the library that parses DICOM files cannot be fetched."""
    if runtime.why_not:
        pytest.skip(f"needs dicom-parser, but {runtime.why_not}")


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian], ids=lambda uid: uid.name
)
def test_a_dicom_file_is_read_in_hu_with_its_spacing(read, syntax):
    found = read(dicom(syntax), "slice.dcm")
    assert found["size"] == [6, 5]
    assert (found["spacing"], found["unit"], found["notes"]) == ([0.7, 0.8], "HU", [])
    np.testing.assert_array_equal(found["values"], 2 * (np.arange(30) - 3) - 1024)


@pytest.mark.usefixtures("parser")
def test_what_a_dicom_file_lacks_is_said(read):
    found = read(dicom(Modality="MR", RescaleSlope=None, RescaleIntercept=None, PixelSpacing=None), "slice.dcm")
    assert found["spacing"] is None
    assert found["values"][0] == -3
    assert ["MR, not CT" in found["notes"][0], "no rescale slope" in found["notes"][1]] == [True, True]


BROKEN = {
    "compressed": ({"syntax": JPEGLSLossless, "PixelData": encapsulate([bytes(8)])}, "Decompress it"),
    "frames": ({"NumberOfFrames": 3}, "has 3 frames"),
    "colour": ({"SamplesPerPixel": 3}, "has 3 samples"),
    "large": ({"Rows": 60000}, "2 to 4096 rows and columns"),
    "few": ({"Rows": 7}, "has fewer"),
    "none": ({"PixelData": None}, "has fewer"),
    "slope": ({"RescaleSlope": "1e308", "RescaleIntercept": "1e308"}, "NaN or infinite"),
}


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("case", BROKEN)
def test_a_dicom_file_of_another_kind_is_one_sentence(read, case):
    changed, words = BROKEN[case]
    found = read(dicom(**changed), "slice.dcm")
    assert found["kind"] == "FileError", found
    assert words in found["error"]


@pytest.mark.usefixtures("parser")
def test_a_dicom_file_that_ends_anywhere_is_one_sentence(read):
    whole = dicom()
    for end in range(132, len(whole) - 1, 37):
        found = read(whole[:end], "slice.dcm")
        assert found["kind"] == "FileError", (end, found)


def test_a_site_without_the_library_says_so(tab, read):
    tab.reload()  # so that nothing has loaded it
    found = read(dicom(), "slice.dcm", "/nowhere/")
    assert (
        found["error"]
        == "Expected the library that parses DICOM files, but this site was built without it. Open a PNG or NPY file."
    )


def test_edits_survive_their_way_through_a_link(tab):
    edits = [
        {"kind": "brush", "hu": -600, "pixels": [0, 1, 2, 40, 41, 1023]},
        {"kind": "outline", "inside": True, "pixels": [5]},
        {"kind": "outline", "inside": False, "pixels": [5, 6]},
        {"kind": "erase"},
        {"kind": "move", "rows": 3, "columns": -2},
        {"kind": "mark", "cue": "tag"},
        {"kind": "noise", "deviation": 50, "seed": 7},
        {"kind": "window", "low": -600, "high": 200},
    ]
    text, back = tab.evaluate(
        """async edits => {
          const { written, readEdits } = await import("/assets/try/link.js");
          const text = written(edits);
          return [text, readEdits(text, { size: [32, 32], marks: { tag: {} } })];
        }""",
        edits,
    )
    assert back == edits
    assert text == "b_-600_0.3.11.2.r9.1~o_1_5.1~o_0_5.2~e~m_3_-2~c_tag~n_50_7~w_-600_200"


@pytest.mark.parametrize(
    "text",
    [
        "z", "b", "b_x_0.1", "b_40_0", "b_40_sg.9", "b_40_0.zzzz", "b_40_-1.2", "m_1", "m_1_1e9", "c_blur", "c___proto__", "c_constructor",
        "n_50", "w_200_200", "w_1_x", "<script>", "e" + "~e" * 5000,
    ],
)  # fmt: skip
def test_edits_that_the_page_did_not_write_are_refused(tab, text):
    found = tab.evaluate(
        """async text => {
          const { readEdits } = await import("/assets/try/link.js");
          try { return readEdits(text, { size: [32, 32], marks: { tag: {} } }); } catch (error) { return error.constructor.name; }
        }""",
        text,
    )
    assert found == "LinkError"


def test_a_crop_is_what_the_pipeline_resamples(tab):
    chance = np.random.default_rng(1)
    image = chance.normal(-600, 200, (32, 32)).astype(np.float32)
    spacing = np.array([[0.7, 0.9]], np.float32)
    slices = Slices(
        image[None], np.zeros(1, int), np.zeros((1, 32, 32), bool), np.array(["p"]), spacing, np.array(["s"])
    )
    expected = resample(slices, 1.0).hounsfield[0]
    found = tab.evaluate(
        """async ([values, spacing]) => {
          const { cropped } = await import("/assets/try/resampling.js");
          return [...cropped({ values: Float32Array.from(values), size: [32, 32], spacing }, [15.5, 15.5], [32, 32], [1, 1])];
        }""",
        [image.ravel().tolist(), spacing[0].astype(float).tolist()],
    )
    np.testing.assert_allclose(np.reshape(found, (32, 32)), expected, atol=0.01)
    assert (expected == -1000).any()


def put(
    tab, edit: dict[str, object], image: np.ndarray, mask: np.ndarray, marks: object = None
) -> tuple[np.ndarray, np.ndarray]:
    """HU and outline after an edit on the page."""
    values, inside = tab.evaluate(
        """async ([edit, values, mask, size, marks]) => {
          const { applied, untouched } = await import("/assets/try/edits.js");
          const after = applied(untouched(Float32Array.from(values), Uint8Array.from(mask), [-1000, 400]), edit, { size, marks });
          return [[...after.hounsfield], [...after.mask]];
        }""",
        [edit, image.ravel().tolist(), mask.astype(int).ravel().tolist(), list(image.shape), marks],
    )
    return np.reshape(values, image.shape), np.reshape(inside, image.shape)


@pytest.fixture(scope="module")
def nodule():
    """A slice with noise and a disc, and the disc."""
    rows, columns = np.mgrid[:24, :20]
    mask = np.hypot(rows - 10, columns - 8) <= 4
    image = np.where(mask, 40.0, -850.0) + np.random.default_rng(2).normal(0, 30, mask.shape)
    return image.astype(np.float32), mask


def test_an_erased_nodule_is_imputed_and_its_outline_stays(tab, nodule):
    image, mask = nodule
    after, outline = put(tab, {"kind": "erase"}, image, mask)
    expected = impute(image.astype(np.float64), mask, np.zeros(mask.shape))
    np.testing.assert_allclose(after, expected, atol=0.01)
    assert (outline == mask).all()


def test_a_moved_nodule_is_the_same_at_another_place(tab, nodule):
    image, mask = nodule
    after, outline = put(tab, {"kind": "move", "rows": 12, "columns": -3}, image, mask)
    background = impute(image.astype(np.float64), mask, np.zeros(mask.shape))
    there = np.zeros_like(mask)
    there[12:, :-3] = mask[:-12, 3:]
    moved = np.roll(image, (12, -3), (0, 1))
    np.testing.assert_allclose(after, np.where(there, moved, background), atol=0.01)
    assert (outline == there).all()


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_is_drawn_as_the_study_plants_it(tab, nodule, cue):
    image, mask = nodule
    after, _ = put(tab, {"kind": "mark", "cue": cue}, image, mask, {cue: mark(cue, *image.shape)})
    np.testing.assert_allclose(after, CUES[cue].put(image[None])[0], atol=0.01)


def test_another_window_is_stretched_to_that_of_the_network(tab):
    found = tab.evaluate(
        """async () => {
          const { seen } = await import("/assets/try/edits.js");
          return [...seen({ hounsfield: Float32Array.of(-2000, -600, -200, 200, 900), window: [-600, 200] }, [-1000, 400])];
        }"""
    )
    assert found == [-1000, -1000, -300, 400, 400]


def test_a_round_brush_and_a_fast_stroke_leave_no_gap(tab):
    pixels, line = tab.evaluate(
        """async () => {
          const { line, stamp } = await import("/assets/try/edits.js");
          return [stamp(0, 0, 3, [4, 4]), line([0, 0], [2, 5])];
        }"""
    )
    assert pixels == [0, 1, 4, 5]
    assert all(max(abs(a - c), abs(b - d)) == 1 for (a, b), (c, d) in pairwise(line))
    assert (line[0], line[-1]) == ([0, 0], [2, 5])
