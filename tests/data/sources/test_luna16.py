"""The luna16 source: scans in mhd and two lists become slices of nodules and of places that are none."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from camfolio.data.locations import Location, Square, displacements
from camfolio.data.metaimage import WRITTEN
from camfolio.data.reading import Order, Reading, read_source
from camfolio.errors import DataError
from camfolio.study.settings import LabelRule
from camfolio.study.sources.luna16 import LunaData

sitk = pytest.importorskip("SimpleITK", reason="needs the extra luna")
SPACING, ORIGIN = (0.5, 0.5, 2.0), (-50.0, -40.0, -100.0)
HEAD = "seriesuid,coordX,coordY,coordZ,"


def scan(path: Path, *, compressed: bool = False, direction: tuple[float, ...] = (1, 0, 0, 0, 1, 0, 0, 0, 1)) -> None:
    """A ball of 40 HU and 10 mm around voxel (x 60, y 40, z 5) in lung of -850 HU."""
    z, y, x = np.mgrid[:10, :80, :120]
    ball = (0.5 * (x - 60)) ** 2 + (0.5 * (y - 40)) ** 2 + (2.0 * (z - 5)) ** 2 <= 25
    image = sitk.GetImageFromArray(np.where(ball, 40, -850).astype(np.int16))
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    image.SetDirection(direction)
    sitk.WriteImage(image, str(path), useCompression=compressed)


def at(x: float, y: float, z: float) -> str:
    """Voxel coordinates as millimetres of the lists."""
    return ",".join(str(start + step * place) for start, step, place in zip(ORIGIN, SPACING, (x, y, z), strict=True))


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two scans, one compressed, with a nodule and two candidates each; one listed scan is missing."""
    (tmp_path / "subset0").mkdir()
    scan(tmp_path / "subset0" / "1.2.3.mhd")
    scan(tmp_path / "subset0" / "1.2.4.mhd", compressed=True)
    nodules = [f"{name},{at(60, 40, 5)},10" for name in ("1.2.3", "1.2.4", "9.9.9")]
    others = [f"{name},{at(*place)},0" for name in ("1.2.3", "1.2.4") for place in ((30, 30, 0), (90, 50, 9))]
    write(tmp_path / "annotations.csv", [HEAD + "diameter_mm", *nodules])
    write(tmp_path / "candidates.csv", [HEAD + "class", *others, f"1.2.3,{at(60, 40, 5)},1"])
    return tmp_path


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(folder: Path, seed: int = 0, **settings: object) -> Reading:
    given = {"source": "luna16", "path": "x", "annotations": "a", "candidates": "c", "displacement": "none", **settings}
    files = {"path": folder, "annotations": folder / "annotations.csv", "candidates": folder / "candidates.csv"}
    return read_source(LunaData.model_validate(given), Order(LabelRule(), seed, files))


def test_nodules_and_candidates_become_slices(folder):
    found = read(folder)
    assert found.slices.label.tolist() == [1, 0, 1, 0]
    assert found.slices.patient.tolist() == ["1.2.3"] * 2 + ["1.2.4"] * 2
    nodule = found.slices.hounsfield[0]
    assert nodule[15:17, 15:17].tolist() == [[40, 40], [40, 40]]
    assert np.array_equal(nodule, found.slices.hounsfield[2])
    assert ((nodule > -400) == found.slices.mask[0]).mean() > 0.98
    assert found.slices.area_mm2[0] == pytest.approx(np.pi * 25, rel=0.05)
    assert (found.slices.hounsfield[found.slices.label == 0] < -800).all()
    assert not found.slices.mask[found.slices.label == 0].any()
    assert {step.words: step.count for step in found.card.steps}["Volumes in the folder"] == 2


def test_displaced_slices_are_the_same_scan_cut_elsewhere_and_candidates_are_moved_like_nodules(folder):
    centred, displaced = (
        read(folder, candidates_per_nodule=2, displacement=kind).slices for kind in ("none", "random")
    )
    assert displaced.label.tolist() == [1, 0, 0, 1, 0, 0]
    for nodule in np.flatnonzero(displaced.label):
        mask, was = displaced.mask[nodule], centred.mask[nodule]
        by = np.argwhere(mask)[0] - np.argwhere(was)[0]
        np.testing.assert_array_equal(mask, np.roll(was, by, (0, 1)))
        assert 5 <= np.hypot(*by) <= 16
        np.testing.assert_allclose(displaced.hounsfield[nodule][mask], centred.hounsfield[nodule][was], atol=1e-3)
    assert not displaced.mask[displaced.label == 0].any()


def test_places_do_not_tell_nodules_from_candidates():
    at = [Location(0.0, 0.0, 0.0, diameter) for diameter in (4.0, 6.0, 9.0, 12.0, 0.0, 0.0, 0.0, 0.0)]
    by = displacements({f"scan{number}": at for number in range(40)}, Square(32, 1.0), 7)
    distance = np.hypot(*np.moveaxis(np.array(list(by.values())), 2, 0))
    assert stats.ks_2samp(distance[:, :4].ravel(), distance[:, 4:].ravel()).pvalue > 0.01


def test_more_candidates_can_be_wanted_and_the_seed_draws_them(folder):
    assert read(folder, candidates_per_nodule=2).slices.label.tolist() == [1, 0, 0, 1, 0, 0]
    drawn = {read(folder, seed).slices.hounsfield.tobytes() for seed in range(6)}
    assert len(drawn) > 1
    assert read(folder, 3).salt == read(folder, 3).salt


def test_a_turned_axis_is_followed(folder):
    scan(folder / "subset0" / "1.2.3.mhd", direction=(-1, 0, 0, 0, 1, 0, 0, 0, 1))
    turned = (ORIGIN[0] - SPACING[0] * 60, ORIGIN[1] + SPACING[1] * 40, ORIGIN[2] + SPACING[2] * 5)
    write(folder / "annotations.csv", [HEAD + "diameter_mm", "1.2.3," + ",".join(map(str, turned)) + ",10"])
    write(folder / "candidates.csv", [HEAD + "class"])
    assert read(folder).slices.hounsfield[0, 15:17, 15:17].tolist() == [[40, 40], [40, 40]]


def test_a_scan_at_the_edge_is_filled_with_air(folder):
    write(folder / "annotations.csv", [HEAD + "diameter_mm", f"1.2.3,{at(0, 0, 5)},10"])
    assert read(folder).slices.hounsfield[0, 0, 0] == -1000


def lost_voxels(folder: Path) -> None:
    (folder / "subset0" / "1.2.3.raw").unlink()


def short_voxels(folder: Path) -> None:
    path = folder / "subset0" / "1.2.3.raw"
    path.write_bytes(path.read_bytes()[:1000])


def header(old: str, new: str):
    def damage(folder: Path) -> None:
        path = folder / "subset0" / "1.2.3.mhd"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return damage


def outside(folder: Path) -> None:
    write(folder / "annotations.csv", [HEAD + "diameter_mm", f"1.2.3,{at(500, 40, 5)},10"])


DAMAGES = {
    "lost voxels": (lost_voxels, r"the voxels of 1\.2\.3\.mhd in a file beside it, but it names none that is there"),
    "voxels elsewhere": (header("1.2.3.raw", "../../x.raw"), r"the voxels of 1\.2\.3\.mhd in a file beside it"),
    "voxels elsewhere after a colon": (
        header("ElementDataFile = 1.2.3.raw", "ElementDataFile : ../secret.raw\nElementDataFile = 1.2.3.raw"),
        r"each key once, but 1\.2\.3\.mhd, line \d+, is not",
    ),
    "voxels elsewhere by a colon alone": (
        header("= 1.2.3.raw", ": ../secret.raw"),
        "in a file beside it, but it names none",
    ),
    "a colon and an innocent comment": (
        header("ElementDataFile = 1.2.3.raw", "ElementDataFile : ../secret.raw\nComment = ElementDataFile = 1.2.3.raw"),
        "in a file beside it, but it names none",
    ),
    "a list of files": (
        header("= 1.2.3.raw", "= LIST\n../secret.raw"),
        r"each key once, but 1\.2\.3\.mhd, line \d+, is not",
    ),
    "a line without a value": (header("NDims = 3", "NDims = 3\nNDims"), "line 3, is not"),
    "two axes": (header("NDims = 3", "NDims = 2"), r"three axes, but NDims is another in 1\.2\.3\.mhd"),
    "no spacing": (header("ElementSpacing", "Spacing"), r"but ElementSpacing is missing in 1\.2\.3\.mhd"),
    "a number that is none": (header("Offset = -50", "Offset = x"), "Offset is another"),
    "bytes before the voxels": (header("NDims = 3", "NDims = 3\nHeaderSize = 100"), "HeaderSize is another"),
    "channels": (header("NDims = 3", "NDims = 3\nElementNumberOfChannels = 3"), "ElementNumberOfChannels is another"),
    "a long header": (header("NDims = 3", "NDims = 3\nComment = " + "x" * 70_000), "a header of keys and values"),
    "short voxels": (short_voxels, r"SimpleITK cannot read 1\.2\.3\.mhd|1\.2\.3"),
    "an inconsistent size": (
        header("120 80 10", "60000 60000 60000"),
        r"at most \d+ voxels, but 1\.2\.3\.mhd has \(60000, 60000, 60000\)",
    ),
    "oblique": (
        header("TransformMatrix = 1 0 0 0 1 0 0 0 1", "TransformMatrix = 0.8 0.6 0 -0.6 0.8 0 0 0 1"),
        r"but 1\.2\.3\.mhd is oblique",
    ),
    "a place outside": (outside, r"locations inside their scan, but one is outside 1\.2\.3\.mhd"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_an_unusable_scan_is_refused_with_one_sentence(folder, damage, words):
    damage(folder)
    with pytest.raises(DataError, match=words) as caught:
        read(folder)
    assert str(caught.value).startswith("Expected ")


@pytest.mark.parametrize("name", ["LIST", "LOCAL", "voxels here.raw"])
def test_names_with_a_meaning_for_the_library_are_names_of_files(folder, name):
    expected = read(folder).slices.hounsfield
    (folder / "subset0" / "1.2.3.raw").rename(folder / "subset0" / name)
    header("= 1.2.3.raw", f": {name}")(folder)
    assert np.array_equal(read(folder).slices.hounsfield, expected)


def test_a_pattern_of_files_is_refused(folder):
    (folder / "subset0" / "1.2.3.raw").rename(folder / "subset0" / "%d.raw")
    header("= 1.2.3.raw", "= %d.raw")(folder)
    with pytest.raises(DataError, match="Expected a path without percent signs"):
        read(folder)


def test_the_library_is_given_no_key_that_is_not_known(folder, monkeypatch):
    header("NDims = 3", "NDims = 3\nITK_Note = planted\nComment : planted")(folder)
    written: list[str] = []
    write_bytes = Path.write_bytes
    monkeypatch.setattr(
        Path, "write_bytes", lambda path, content: (written.append(content.decode()), write_bytes(path, content))[1]
    )
    read(folder)
    assert written
    assert all("planted" not in text for text in written)
    assert {line.partition(" = ")[0] for line in written[0].splitlines()} <= {*WRITTEN, "ObjectType", "ElementDataFile"}


def test_a_scan_that_cannot_be_used_is_skipped_if_the_study_says_so(folder):
    lost_voxels(folder)
    found = read(folder, on_error="skip")
    assert found.slices.patient.tolist() == ["1.2.4"] * 2
    assert found.card.skipped == {"scans that cannot be used": 1}


@pytest.mark.parametrize(
    ("name", "lines", "words"),
    [
        (
            "annotations.csv",
            [HEAD + "size"],
            r"Expected the columns .*diameter_mm in annotations\.csv, but diameter_mm is missing",
        ),
        (
            "annotations.csv",
            [HEAD + "diameter_mm", "1.2.3,1,2,x,4"],
            r"Expected numbers, but got something else in annotations\.csv, line 2",
        ),
        (
            "candidates.csv",
            [HEAD + "class", "1.2.3,1,2"],
            r"numbers, but got something else in candidates\.csv, line 2",
        ),
        (
            "candidates.csv",
            [HEAD + "class", "1.2.3,1,2,nan,0"],
            r"numbers, but got something else in candidates\.csv, line 2",
        ),
        ("candidates.csv", [""], "Expected the columns"),
    ],
)
def test_what_is_wrong_with_a_list_is_one_sentence(folder, name, lines, words):
    write(folder / name, lines)
    with pytest.raises(DataError, match=words):
        read(folder)


def test_a_list_that_a_spreadsheet_has_saved_is_read(folder):
    """It begins with a byte order mark, and its lines end as on Windows."""
    expected = read(folder).slices
    for name in ("annotations.csv", "candidates.csv"):
        text = (folder / name).read_text(encoding="utf-8").replace("\n", "\r\n")
        (folder / name).write_bytes(text.encode("utf-8-sig"))
    assert np.array_equal(read(folder).slices.hounsfield, expected.hounsfield)


def test_scans_that_no_list_names_are_refused(folder):
    write(folder / "annotations.csv", [HEAD + "diameter_mm"])
    with pytest.raises(DataError, match="Expected scans named in the lists, but none of 2 mhd files is"):
        read(folder)


def test_a_missing_library_says_how_to_install_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    with pytest.raises(DataError, match=r'Expected SimpleITK for the source luna16, .*pip install "camfolio\[luna\]"'):
        read(folder)


def test_every_location_is_a_nodule_of_its_own(folder):
    found = read(folder)
    assert len(set(found.slices.nodule)) == len(found.slices)
    assert found.card.nodules_known


def labels(path: Path, kind: str = "uint8", lowest: int = 0) -> None:
    """A volume of labels at the place of `scan`, as LUNA16's lung masks are: a lung of 3, one of 4."""
    path.parent.mkdir(exist_ok=True)
    halves = np.where(np.arange(120) < 60, 3, 4)
    image = sitk.GetImageFromArray(np.broadcast_to(halves, (10, 80, 120)).astype(kind) + np.array(lowest, kind))
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    sitk.WriteImage(image, str(path), useCompression=True)


def counts(reading: Reading) -> dict[str, int]:
    return {step.words: step.count for step in reading.card.steps}


@pytest.mark.parametrize("masks", ["seg-lungs-LUNA16", "zz"])
@pytest.mark.parametrize(("kind", "lowest"), [("uint8", 0), ("int16", 0), ("int8", -4), ("float32", 0)])
def test_masks_of_the_same_name_are_no_scans_wherever_they_are(folder, masks, kind, lowest):
    expected = read(folder)
    for name in ("1.2.3", "1.2.4", "9.9.9"):
        labels(folder / masks / f"{name}.mhd", kind, lowest)
    found = read(folder)
    assert np.array_equal(found.slices.hounsfield, expected.slices.hounsfield)
    assert found.slices.patient.tolist() == ["1.2.3"] * 2 + ["1.2.4"] * 2
    assert found.salt == expected.salt
    assert counts(found)["Volumes in the folder"] == 5
    assert counts(found)["Masks, whose values fit into a byte, left out"] == 3


def test_a_folder_of_masks_alone_is_refused(folder):
    for name in ("1.2.3", "1.2.4"):
        labels(folder / "subset0" / f"{name}.mhd")
    with pytest.raises(
        DataError, match="CT scans, but of 2 names in the lists 2 have only masks, whose values fit into a byte"
    ):
        read(folder)


def test_equal_copies_of_a_scan_are_one_and_others_of_its_name_are_refused(folder):
    expected = read(folder)
    (folder / "copy").mkdir()
    scan(folder / "copy" / "1.2.3.mhd", compressed=True)
    found = read(folder)
    assert np.array_equal(found.slices.hounsfield, expected.slices.hounsfield)
    assert counts(found)["Copies of a scan, left out"] == 1
    header("ElementSpacing = 0.5 0.5 2", "ElementSpacing = 1 1 2")(folder)
    with pytest.raises(
        DataError, match=r"one scan of each name, but copy/1\.2\.3\.mhd and subset0/1\.2\.3\.mhd differ\. Leave one"
    ):
        read(folder)
    assert read(folder, on_error="skip").slices.patient.tolist() == ["1.2.4"] * 2


def test_hidden_copies_and_volumes_that_no_list_names_are_counted(folder):
    (folder / "subset0" / "._1.2.3.mhd").write_bytes(b"\x00\x05\x16\x07")
    scan(folder / "subset0" / "5.5.5.mhd")
    found = counts(read(folder))
    assert found["Hidden files of operating systems, left out"] == 1
    assert found["Volumes that no list names, left out"] == 1
