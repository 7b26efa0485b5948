"""The lidc source at length: damaged headers and annotations by the thousand, and a tree of two hundred series."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.tag import Tag

from camfolio.data import dicom
from camfolio.data.dicom_files import is_dicom
from camfolio.data.lidc.xml import ChestXray, Report, read_report
from camfolio.errors import DataError
from camfolio.store import inputs
from camfolio.store.inputs import InputReader
from dicom_trees import annotations, dataset, nodule_scan, write_scan

pytestmark = pytest.mark.slow
OFTEN = settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCAN = nodule_scan("P1", 1)
XML = annotations(SCAN)
ELEMENTS = [
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PixelSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "RescaleSlope",
    "RescaleIntercept",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "NumberOfFrames",
    "PlanarConfiguration",
    "Modality",
    "ImageType",
    "PatientID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "PixelData",
    "SpecificCharacterSet",
]
RAW = st.one_of(
    st.binary(max_size=24),
    st.integers(-(2**15), 2**16 - 1).map(lambda number: number.to_bytes(3, "little", signed=True)[:2]),
    st.floats().map(lambda number: str(number).encode()),
    st.sampled_from(
        [b"", b"\\" * 6, b"0\\0", b"1e400\\1", b"nan\\nan", b"65535", b"ISO 2022 IR 87", b"CT ", b"\x00" * 4]
    ),
)
WRITTEN_WITH_LENGTH_OF_FOUR_BYTES = {"OB", "OW", "UN", "SQ", "UC", "UR", "UT"}


def as_sentence(call, path: Path) -> None:
    """Whatever is in a file, it is read or refused with a sentence that names it."""
    said = ""
    try:
        call(path)
    except DataError as error:
        said = str(error)
    assert not said or (said.startswith("Expected ") and path.name in said), said


def whole(path: Path) -> None:
    """What the source does with a DICOM file."""
    if is_dicom(path) and isinstance(dicom.read_header(path), dicom.Header):
        hounsfield, _ = dicom.read_pixels(path)
        assert np.isfinite(hounsfield).all()
        assert max(hounsfield.shape) <= dicom.LARGEST_SIDE


def annotated(path: Path) -> None:
    found = read_report(path)
    assert found is None or isinstance(found, Report | ChestXray)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "fuzzed.dcm"


@pytest.fixture(scope="module")
def good(file) -> bytes:
    dataset(SCAN, 1).save_as(file, enforce_file_format=True)
    return file.read_bytes()


@OFTEN
@given(st.dictionaries(st.sampled_from(ELEMENTS), RAW, min_size=1, max_size=4))
def test_headers_with_any_value_are_read_or_refused(file, good, changes):
    found = dataset(SCAN, 1)
    found.save_as(file, enforce_file_format=True)
    content = file.read_bytes()
    for name, value in changes.items():
        content = with_value(content, name, value)
    file.write_bytes(content)
    as_sentence(whole, file)


def with_value(content: bytes, name: str, value: bytes) -> bytes:
    """The file with other bytes in one element, written as they are; the file as it is if it has no such element."""
    tag = Tag(name)
    mark = tag.group.to_bytes(2, "little") + tag.element.to_bytes(2, "little")
    place = content.find(mark, 132)
    if place < 0:
        return content
    kind = content[place + 4 : place + 6]
    wide = kind.decode("latin-1") in WRITTEN_WITH_LENGTH_OF_FOUR_BYTES
    head, size = (12, 4) if wide else (8, 2)
    length = int.from_bytes(content[place + head - size : place + head], "little")
    new = content[place : place + head - size] + len(value).to_bytes(size, "little") + value
    return content[:place] + new + content[place + head + length :]


@OFTEN
@given(st.lists(st.tuples(st.integers(0, 1199), st.integers(0, 255)), min_size=1, max_size=12), st.integers(200, 4000))
def test_flipped_and_missing_bytes_are_read_or_refused(file, good, flips, length):
    content = bytearray(good[:length])
    for place, value in flips:
        if place < len(content):
            content[place] = value
    file.write_bytes(bytes(content))
    as_sentence(whole, file)


PIECES = st.sampled_from(
    [
        "<",
        ">",
        "&",
        "</roi>",
        "<roi>",
        "]]>",
        "<![CDATA[",
        "<!--",
        "\x00",
        "é",
        "<!DOCTYPE a>",
        "&a;",
        "999999999999",
        "-1",
        "NaN",
        "1e400",
        "<?x?>",
    ]
)


@OFTEN
@given(
    st.lists(
        st.tuples(st.integers(0, len(XML)), st.integers(0, 40), st.one_of(PIECES, st.text(max_size=6))),
        min_size=1,
        max_size=6,
    )
)
def test_annotations_with_any_text_are_read_or_refused(file, edits):
    text = XML
    for place, length, piece in edits:
        text = text[:place] + piece + text[place + length :]
    path = file.with_name("fuzzed.xml")
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    as_sentence(annotated, path)


@OFTEN
@given(
    st.recursive(
        st.sampled_from(["x", "-3", "12", "TRUE", ""]),
        lambda inner: st.tuples(
            st.sampled_from(
                [
                    "roi",
                    "edgeMap",
                    "xCoord",
                    "yCoord",
                    "imageSOP_UID",
                    "inclusion",
                    "characteristics",
                    "malignancy",
                    "unblindedReadNodule",
                    "readingSession",
                ]
            ),
            st.lists(inner, max_size=3),
        ),
        max_leaves=20,
    )
)
def test_annotations_of_any_structure_are_read_or_refused(file, tree):
    def written(node) -> str:
        return node if isinstance(node, str) else f"<{node[0]}>{''.join(map(written, node[1]))}</{node[0]}>"

    path = file.with_name("fuzzed.xml")
    path.write_text(f"<LidcReadMessage>{written(tree)}</LidcReadMessage>", encoding="utf-8")
    as_sentence(annotated, path)


SERIES = 200


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """Two hundred series of twelve slices of 128 x 128; a nodule on three of them each."""
    folder = tmp_path_factory.mktemp("tree")
    for number in range(SERIES):
        scan = nodule_scan(f"P{number:03d}", number, malignancy=1 + 4 * (number % 2), size=128)
        stored = np.concatenate([scan.stored, *[scan.stored[:1]] * 9])
        write_scan(folder / f"{number}", replace(scan, stored=stored))
    return folder


PROGRAM = """
import resource, sys
from pathlib import Path
from camfolio.study.settings import LabelRule
from camfolio.data.reading import Order, read_source
from camfolio.study.sources.lidc import LidcData

if __name__ == "__main__":
    data = LidcData(source="lidc", path=Path("x"))
    read = read_source(data, Order(LabelRule(), 0, {"path": Path(sys.argv[1])}))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(len(read.slices), own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def measured(folder: Path, tmp_path: Path) -> tuple[int, int, int]:
    (tmp_path / "measure.py").write_text(PROGRAM, encoding="utf-8")
    said = subprocess.run(
        [sys.executable, str(tmp_path / "measure.py"), str(folder)], capture_output=True, text=True, check=True
    )
    slices, own, children = map(int, said.stdout.split())
    return slices, own, children


def test_two_hundred_series_are_read_with_all_processors_and_flat_memory(tree, tmp_path):
    few = tmp_path / "few"
    few.mkdir()
    for number in range(20):
        (few / f"{number}").mkdir()
        for file in (tree / f"{number}").iterdir():
            os.link(file, few / f"{number}" / file.name)
    _, own_few, children_few = measured(few, tmp_path)
    slices, own, children = measured(tree, tmp_path)
    assert slices == 3 * SERIES
    assert children > 0  # somebody else did the work
    assert own - own_few < 30_000
    assert children - children_few < 30_000


def test_a_tree_that_did_not_change_is_not_read_again(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "SETTLED_NS", -(10**12))
    first = InputReader(tmp_path).digest(tree)
    monkeypatch.setattr(inputs, "file_digest", lambda file: pytest.fail(f"{file} was read again"))
    assert InputReader(tmp_path).digest(tree) == first
