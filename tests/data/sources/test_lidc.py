"""The lidc source: trees as they come, real slices, and everything that may be wrong with a file."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from camfolio.data.lidc.xml import Report, read_report
from camfolio.data.reading import Order, Reading, read_source
from camfolio.errors import DataError
from camfolio.evidence.localisation import offset_in_radii
from camfolio.results.card import Reader
from camfolio.study.settings import LabelRule
from camfolio.study.sources.lidc import LidcData
from dicom_trees import NAMES, Nodule, Roi, Scan, annotations, dataset, disc, nodule_scan, ring, slice_uid, write_scan

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "LIDC-IDRI"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="needs the real slices, which are not part of the repository")


def read(folder: Path, *, min_readers: int = 1, statistic: str = "median", **settings: object) -> Reading:
    data = LidcData.model_validate({"source": "lidc", "path": "tree", "displacement": "none", **settings})
    return read_source(data, Order(LabelRule(statistic=statistic, min_readers=min_readers), 0, {"path": folder}))


def steps(reading: Reading) -> dict[str, int]:
    return {step.words: step.count for step in reading.card.steps}


def test_a_series_becomes_slices_around_its_nodule(tmp_path):
    write_scan(tmp_path, nodule_scan("P1", 1))
    found = read(tmp_path).slices
    assert found.id.tolist() == ["P1-n01-s1", "P1-n01-s2", "P1-n01-s3"]
    assert found.patient.tolist() == ["P1"] * 3
    assert found.label.tolist() == [1, 1, 1]
    assert found.hounsfield.shape == (3, 32, 32)
    wanted = [disc((40, 40), (20, 20), radius).sum() for radius in (4, 3, 3)]
    assert found.area_mm2 == pytest.approx(wanted, rel=0.15)
    assert np.median(found.hounsfield[found.mask]) == pytest.approx(40, abs=60)
    assert found.hounsfield[~found.mask].mean() == pytest.approx(-850, abs=30)


def test_the_consensus_centroid_is_the_middle_of_the_slice(tmp_path):
    write_scan(tmp_path, nodule_scan("P1", 2, radius=6))
    for mask in read(tmp_path).slices.mask:
        assert np.argwhere(mask).mean(0) == pytest.approx([15.5, 15.5], abs=0.5)


def test_displaced_crops_are_the_same_scan_cut_elsewhere(tmp_path):
    write_scan(tmp_path, nodule_scan("P1", 2, radius=3))
    write_scan(tmp_path, nodule_scan("P2", 1, radius=5))
    centred, displaced = read(tmp_path).slices, read(tmp_path, displacement="random").slices
    assert offset_in_radii(centred.mask, centred.spacing).max() < 0.2
    assert offset_in_radii(displaced.mask, displaced.spacing).min() >= 1
    for number, mask in enumerate(centred.mask):
        by = np.argwhere(displaced.mask[number])[0] - np.argwhere(mask)[0]
        np.testing.assert_array_equal(displaced.mask[number], np.roll(mask, by, (0, 1)))
        found = np.roll(displaced.hounsfield[number], -by, (0, 1))
        np.testing.assert_allclose(found[mask], centred.hounsfield[number][mask], atol=0.1)
    ids = {name.rpartition("-")[0] for name in displaced.id}
    assert len(ids) < len(displaced)
    assert len(
        {
            tuple(np.argwhere(mask)[0] - np.argwhere(was)[0])
            for mask, was in zip(displaced.mask, centred.mask, strict=True)
        }
    ) == len(ids)


def test_names_of_files_and_folders_play_no_part(tmp_path):
    one, other = nodule_scan("P1", 1), nodule_scan("P2", 2, malignancy=1)
    for place, name in enumerate(["b", "c.IMA", "a.dcm"]):
        dataset(one, place).save_as(tmp_path / name, enforce_file_format=True)
        dataset(other, place).save_as(tmp_path / f"z{name}", enforce_file_format=True)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "one.xml").write_text(annotations(one), encoding="utf-8")
    (tmp_path / "other.XML").write_text(annotations(other), encoding="utf-8")
    mixed = read(tmp_path).slices
    write_scan(tmp_path / "apart" / "1", one)
    write_scan(tmp_path / "apart" / "2", other)
    apart = read(tmp_path / "apart").slices
    assert np.array_equal(mixed.hounsfield, apart.hounsfield)
    assert mixed.id.tolist() == apart.id.tolist()
    assert mixed.label.tolist() == [1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("kind", ["int16", "uint16", "uint8"])
@pytest.mark.parametrize(("slope", "intercept"), [(1.0, -1000.0), (2.0, -1000.0)])
def test_stored_values_become_hounsfield_units_by_slope_and_intercept(tmp_path, kind, slope, intercept):
    scan = nodule_scan("P1", 1)
    stored = ((np.where(scan.stored > 500, 40, -850) - intercept) / slope / (1 if kind != "uint8" else 5)).astype(kind)
    factor = slope * (1 if kind != "uint8" else 5)
    write_scan(tmp_path, replace(scan, stored=stored, slope=factor, intercept=intercept))
    found = read(tmp_path).slices
    assert found.hounsfield.max() == pytest.approx(40, abs=factor)
    assert found.hounsfield.min() == pytest.approx(-850, abs=factor)


@pytest.mark.parametrize("written", [63536, -2000])
def test_padding_is_air(tmp_path, written):
    scan = nodule_scan("P1", 1)
    stored = scan.stored.copy()
    stored[:, :, :8] = -2000
    for place in range(3):
        found = dataset(replace(scan, stored=stored), place)
        found.add_new("PixelPaddingValue", "US" if written > 0 else "SS", written)
        found.save_as(tmp_path / f"{place}.dcm", enforce_file_format=True)
    (tmp_path / "a.xml").write_text(annotations(scan), encoding="utf-8")
    assert read(tmp_path).slices.hounsfield.min() == -1000


def test_what_is_lower_than_any_tissue_is_cut_at_the_lowest_stored_value(tmp_path):
    scan = nodule_scan("P1", 1)
    stored = scan.stored.copy()
    stored[:, :, :8] = -2000
    write_scan(tmp_path, replace(scan, stored=stored))
    assert read(tmp_path).slices.hounsfield.min() == -1024


def test_a_hole_is_no_nodule(tmp_path):
    scan = nodule_scan("P1", 1, radius=8)
    centre = (21, 19)
    hole = Roi(1, ring(disc((40, 40), centre, 2)), "FALSE")
    drawn = scan.readers[0][0]
    write_scan(tmp_path / "holed", replace(scan, readers=[[replace(drawn, rois=[*drawn.rois, hole])]] * 3))
    write_scan(tmp_path / "whole", scan)
    holed, whole = (read(tmp_path / name, slices_per_nodule=3).slices for name in ("holed", "whole"))
    lost = whole.area_mm2.max() - holed.area_mm2[np.argmax(holed.id == "P1-n01-s1")]
    assert holed.mask.sum() < whole.mask.sum()
    assert lost == pytest.approx(disc((40, 40), centre, 3).sum(), abs=14)  # the hole's line belongs to the hole


def test_a_nodule_of_one_pixel_is_that_pixel(tmp_path):
    scan = nodule_scan("P1", 1)
    point = Nodule([Roi(1, [(20, 20)])], 1)
    write_scan(tmp_path, replace(scan, readers=[[point], [Nodule([Roi(1, [(20, 21)])], 1)]]))
    found = read(tmp_path, spacing_mm=0.5, min_readers=2)
    assert steps(found)["Nodules, drawings that overlap being one"] == 1
    assert found.slices.area_mm2.tolist() == pytest.approx([2.0], abs=0.5)


def test_two_nodules_that_touch_stay_two(tmp_path):
    left, right = (disc((40, 40), (20, column), 4) for column in (15, 24))
    scan = replace(
        nodule_scan("P1", 1),
        readers=[[Nodule([Roi(1, ring(mask))], rating) for mask, rating in ((left, 1), (right, 5))]] * 3,
    )
    write_scan(tmp_path, scan)
    found = read(tmp_path, min_readers=3).slices
    assert found.id.tolist() == ["P1-n01-s1", "P1-n02-s1"]
    assert found.nodule.tolist() == ["P1-n01", "P1-n02"]
    assert found.label.tolist() == [0, 1]


def test_readers_meet_where_their_drawings_overlap(tmp_path):
    scan = nodule_scan("P1", 1)
    shifted = [Nodule([Roi(1, ring(disc((40, 40), (20 + shift, 20), 4)))], 5) for shift in (0, 2, 3)]
    far = Nodule([Roi(1, ring(disc((40, 40), (33, 8), 3)))], 1)
    write_scan(tmp_path, replace(scan, readers=[[shifted[0]], [shifted[1], far], [shifted[2]]]))
    found = read(tmp_path)
    assert steps(found)["Nodules, drawings that overlap being one"] == 2
    assert sorted(found.slices.label.tolist()) == [0, 1]
    assert found.card.readers == (
        Reader(reader=1, nodules=1, contours=1),
        Reader(reader=2, nodules=2, contours=2),
        Reader(reader=3, nodules=1, contours=1),
    )


@pytest.mark.parametrize(("consensus", "area"), [(0.25, 113), (0.5, 50), (1.0, 13)])
def test_the_consensus_is_the_stated_share_of_the_readers(tmp_path, consensus, area):
    scan = nodule_scan("P1", 1)
    sizes = [Nodule([Roi(1, ring(disc((40, 40), (20, 20), radius)))], 5) for radius in (2, 4, 4, 6)]
    write_scan(tmp_path, replace(scan, readers=[[one] for one in sizes]))
    assert read(tmp_path, consensus=consensus).slices.area_mm2 == pytest.approx([area], rel=0.12)


@pytest.mark.parametrize(
    ("ratings", "statistic", "label"), [((1, 1, 5), "median", 0), ((2, 2, 5, 5), "mean", 1), ((1, 4, 5), "mean", 1)]
)
def test_the_label_follows_the_rule(tmp_path, ratings, statistic, label):
    scan = nodule_scan("P1", 1)
    drawn = scan.readers[0][0]
    write_scan(tmp_path, replace(scan, readers=[[replace(drawn, malignancy=rating)] for rating in ratings]))
    assert set(read(tmp_path, statistic=statistic).slices.label) == {label}


def test_what_is_excluded_is_counted_with_its_reason(tmp_path):
    write_scan(tmp_path / "1", nodule_scan("P1", 1))
    write_scan(tmp_path / "2", nodule_scan("P2", 2, readers=2))
    write_scan(tmp_path / "3", nodule_scan("P3", 3, malignancy=3))
    write_scan(tmp_path / "4", nodule_scan("P4", 4), leave_out=[0, 1, 2])
    small = replace(nodule_scan("P5", 5), readers=[[Nodule([Roi(0, [(3, 3)])], None)]])
    write_scan(tmp_path / "5", small)
    found = steps(read(tmp_path, min_readers=3))
    assert found["CT slices in the folder"] == 12
    assert found["Series with annotations"] == 3
    assert found["Annotation files without any of their slices"] == 1
    assert found["Nodules drawn by fewer than 3 readers, excluded"] == 1
    assert found["Nodules with a median malignancy of exactly 3, excluded"] == 1
    assert found["Nodules used"] == 1


def test_an_incomplete_series_gives_what_it_can_and_says_what_is_missing(tmp_path):
    write_scan(tmp_path, nodule_scan("P1", 1), leave_out=[1])
    found = read(tmp_path)
    assert len(found.slices) == 2
    assert steps(found)["Contours on slices that are not there"] == 4


def test_a_patient_with_two_series_has_nodules_of_different_numbers(tmp_path):
    write_scan(tmp_path / "1", nodule_scan("P1", 1))
    write_scan(tmp_path / "2", nodule_scan("P1", 2))
    assert set(read(tmp_path, slices_per_nodule=1).slices.id) == {"P1-n01-s1", "P1-n05-s1"}


def test_a_series_with_two_files_of_annotations_is_read_once(tmp_path):
    write_scan(tmp_path, nodule_scan("P1", 1))
    (tmp_path / "zz.xml").write_text(annotations(nodule_scan("P1", 1)), encoding="utf-8")
    assert len(read(tmp_path).slices) == 3


def four_nodules() -> Scan:
    """Four nodules, each on one of three slices, thirteen drawings by four readers."""
    masks = [disc((40, 40), centre, 3) for centre in ((8, 8), (8, 30), (30, 8), (30, 30))]
    undrawn = {(1, 0), (2, 1), (3, 2)}
    readers = [
        [Nodule([Roi(k % 3, ring(mask))], 5) for k, mask in enumerate(masks) if (reader, k) not in undrawn]
        for reader in range(4)
    ]
    return replace(nodule_scan("P1", 1), readers=readers)


@pytest.mark.parametrize("missing", [(), (0, 2), (0,), (1, 2)])
def test_drawings_are_grouped_by_all_contours_whatever_slices_there_are(tmp_path, missing):
    found = read(write_scan(tmp_path, four_nodules(), leave_out=missing), slices_per_nodule=1)
    assert steps(found)["Drawings of nodules of 3 mm and more"] == 13
    assert steps(found)["Nodules, drawings that overlap being one"] == 4
    assert steps(found)["Nodules used"] == sum(k % 3 not in missing for k in range(4))
    assert steps(found)["Nodules drawn by fewer than 1 readers, excluded"] == 0


def test_an_incomplete_series_has_the_slices_of_the_complete_one(tmp_path):
    whole = read(write_scan(tmp_path / "1", four_nodules())).slices
    part = read(write_scan(tmp_path / "2", four_nodules(), leave_out=[0, 2])).slices
    assert part.id.tolist() == ["P1-n02-s1"]
    at = whole.id.tolist().index("P1-n02-s1")
    assert np.array_equal(part.hounsfield[0], whole.hounsfield[at])


@pytest.mark.parametrize(
    "name", ["RescaleSlope", "PixelPaddingValue", "PixelPaddingRangeLimit", "NumberOfFrames", "ImageType", "Modality"]
)
@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_element_is_as_good_as_none(tmp_path, name, value):
    scan = nodule_scan("P1", 1)
    expected = read(write_scan(tmp_path, scan)).slices
    for place in range(3):
        found = dataset(scan, place)
        found.add_new("PixelPaddingValue", "SS", -2000)
        setattr(found, name, value if name not in {"PixelPaddingValue", "PixelPaddingRangeLimit"} else None)
        found.save_as(tmp_path / f"{place}.dcm", enforce_file_format=True)
    assert np.array_equal(read(tmp_path).slices.hounsfield, expected.hounsfield)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("name", ["1.dcm", "IM0001"])
def test_slices_without_a_preamble_are_read(tmp_path, syntax, name):
    scan = nodule_scan("P1", 1)
    expected = read(write_scan(tmp_path, scan)).slices
    (tmp_path / "1.dcm").unlink()
    found = dataset(scan, 1)
    implicit = syntax == ImplicitVRLittleEndian
    del found.file_meta
    found.save_as(tmp_path / name, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    assert (tmp_path / name).read_bytes()[:2] == b"\x08\x00"
    assert np.array_equal(read(tmp_path).slices.hounsfield, expected.hounsfield)


@pytest.mark.parametrize(
    "content", [b"\x08\x00\x05\x00", b"\x08\x00\x05\x00" * 999, b"\x08\x00\x16\x00UI\x02\x001." + bytes(9)]
)
def test_what_only_begins_like_a_slice_is_another_file(tmp_path, content):
    write_scan(tmp_path, nodule_scan("P1", 1))
    (tmp_path / "raw").write_bytes(content)
    assert steps(read(tmp_path))["Files that are neither, left out"] == 1


def test_values_in_hounsfield_units_need_no_intercept(tmp_path):
    scan = nodule_scan("P1", 1)
    expected = read(write_scan(tmp_path, scan)).slices
    for place in range(3):
        found = dataset(replace(scan, stored=scan.stored - np.int16(1024)), place)
        del found.RescaleIntercept
        found.save_as(tmp_path / f"{place}.dcm", enforce_file_format=True)
    assert np.array_equal(read(tmp_path).slices.hounsfield, expected.hounsfield)


def resaved(path: Path) -> None:
    """The same slice, run-length encoded, with another identifier."""
    found = dataset(nodule_scan("P1", 1), 1)
    found.compress(RLELossless, generate_instance_uid=False)
    found.SOPInstanceUID = "1.2.3"
    found.save_as(path, enforce_file_format=True)


@pytest.mark.parametrize("name", ["a.dcm", "z.dcm", "copy/1.dcm"])
@pytest.mark.parametrize("copy", [lambda path: path.write_bytes((path.parents[0] / "1.dcm").read_bytes()), resaved])
def test_two_copies_of_a_slice_are_one(tmp_path, name, copy):
    expected = read(write_scan(tmp_path, nodule_scan("P1", 1)))
    (tmp_path / "copy").mkdir()
    copied = tmp_path / name.rpartition("/")[2].replace("1.dcm", "b.dcm")
    copy(copied)
    copied.rename(tmp_path / name)
    found = read(tmp_path)
    assert found.slices.id.tolist() == expected.slices.id.tolist()
    assert np.array_equal(found.slices.hounsfield, expected.slices.hounsfield)
    assert found.salt == expected.salt
    assert steps(found)["Copies of slices, left out"] == 1
    assert steps(found)["Contours on slices that are not there"] == 0


def test_two_copies_of_a_whole_series_are_one(tmp_path):
    for name in ("1", "2"):
        write_scan(tmp_path / name, nodule_scan("P1", 1))
    found = read(tmp_path)
    assert found.slices.id.tolist() == ["P1-n01-s1", "P1-n01-s2", "P1-n01-s3"]
    assert steps(found)["Copies of slices, left out"] == 3
    assert steps(found)["Further annotation files of a series, left out"] == 1
    (tmp_path / "2" / "1.dcm").write_bytes((tmp_path / "2" / "1.dcm").read_bytes()[:-1000])
    damaged = read(tmp_path, on_error="skip")
    assert damaged.slices.id.tolist() == found.slices.id.tolist()
    assert damaged.card.skipped == {"slices that cannot be used": 1}


@pytest.mark.parametrize(("uid", "left"), [("1.2.3", 3), (slice_uid(nodule_scan("P1", 1), 1), 2)])
def test_of_two_different_slices_at_one_position_the_annotated_one_is_used(tmp_path, uid, left):
    """If both claim to be the annotated one, neither is."""
    expected = read(write_scan(tmp_path, nodule_scan("P1", 1)))
    found = dataset(replace(nodule_scan("P1", 1), stored=nodule_scan("P1", 5).stored), 1)
    found.SOPInstanceUID = uid
    found.save_as(tmp_path / "0.a.dcm", enforce_file_format=True)
    skipped = read(tmp_path, on_error="skip")
    assert len(skipped.slices) == left
    assert skipped.card.skipped == {"slices that cannot be used": 4 - left}
    assert left < 3 or np.array_equal(skipped.slices.hounsfield, expected.slices.hounsfield)


def test_a_localizer_is_no_slice(tmp_path):
    scan = nodule_scan("P1", 1)
    expected = read(write_scan(tmp_path, scan)).slices
    found = dataset(scan, 1)
    found.ImageType, found.ImageOrientationPatient = ["ORIGINAL", "PRIMARY", "LOCALIZER"], [1, 0, 0, 0, 0, -1]
    del found.PixelSpacing
    found.save_as(tmp_path / "scout.dcm", enforce_file_format=True)
    counted = read(tmp_path)
    assert np.array_equal(counted.slices.hounsfield, expected.hounsfield)
    assert steps(counted)["Localizers, left out"] == 1


@pytest.mark.parametrize(
    "damage", ["cut short", "no spacing", "mixed sizes", "mixed directions", "no pixels", "slope 0"]
)
def test_skipping_leaves_out_the_file_and_not_its_series(tmp_path, damage):
    write_scan(tmp_path, nodule_scan("P1", 1))
    DAMAGES[damage][0](tmp_path)
    found = read(tmp_path, on_error="skip")
    assert found.slices.id.tolist() == ["P1-n01-s1", "P1-n01-s2"]
    assert sum(found.card.skipped.values()) == 1


def test_a_nodule_of_which_no_slice_can_be_read_is_counted(tmp_path):
    write_scan(tmp_path / "1", nodule_scan("P2", 2))
    write_scan(tmp_path / "2", nodule_scan("P1", 1))
    for place in range(3):
        path = tmp_path / "2" / f"{place}.dcm"
        path.write_bytes(path.read_bytes()[:-1000])
    found = read(tmp_path, on_error="skip")
    assert steps(found)["Nodules on slices that cannot be read, excluded"] == 1
    assert found.card.skipped == {"slices that cannot be used": 3}


def test_a_slice_of_another_patient_does_not_tear_a_series(tmp_path):
    """The series of P9 has one file of P1, whose own series stands between them in the order of patients."""
    write_scan(tmp_path / "1", nodule_scan("P1", 1))
    write_scan(tmp_path / "9", nodule_scan("P9", 9))
    odd = dataset(nodule_scan("P9", 9), 0)
    odd.PatientID = "P1"
    odd.save_as(tmp_path / "9" / "0.dcm", enforce_file_format=True)
    (tmp_path / "9").rename(tmp_path / "P9")
    with pytest.raises(DataError, match=r"Leave one of them out\. The series is [0-9.]+9\. Or set"):
        read(tmp_path)
    found = read(tmp_path, on_error="skip")
    assert found.slices.patient.tolist() == ["P1"] * 3 + ["P9"] * 2
    assert found.card.skipped == {"slices that cannot be used": 1}


@pytest.mark.parametrize(
    ("folder", "patient", "shown"),
    [
        ("3000566.000000-NA-03192", "LIDC-IDRI-0001", "3000566.000000-NA-03192"),
        ("LIDC-IDRI-0001", "LIDC-IDRI-0001", None),
        ("LIDC-IDRI-0001_CT", "LIDC-IDRI-0001", r"\.\.\._CT"),
        ("P1-axial", "P1", r"\.\.\.-axial"),
        ("series17", "7", "series17"),
    ],
)
@pytest.mark.parametrize("lost", ["PixelData", "PixelSpacing", "PatientID", "the end", "a rating"])
def test_messages_name_series_and_folder_and_no_patient(tmp_path, folder, patient, shown, lost):
    scan = nodule_scan(patient, 1)
    path = write_scan(tmp_path / folder, scan)
    (path / "1.dcm").rename(path / f"{patient} 1.dcm")
    if lost == "a rating":
        (path / "notes.xml").write_text(annotations(scan).replace("<texture>1<", "<texture>8<"), encoding="utf-8")
    elif lost == "the end":
        (path / f"{patient} 1.dcm").write_bytes((path / "0.dcm").read_bytes()[:300])
    else:
        found = dataset(scan, 1)
        delattr(found, lost)
        found.save_as(path / f"{patient} 1.dcm", enforce_file_format=True)
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    said = str(caught.value)
    assert re.search(f"in the folder {shown}\\.", said) if shown else "in the folder" not in said
    assert len(patient) < 4 or patient not in said
    assert ("The series is 1.2.826.0.1.3680043.8.498.1001" in said) == (lost == "PixelData")


def test_chest_radiographs_are_left_out_with_a_line_in_the_log(tmp_path, caplog):
    caplog.set_level(logging.INFO, "camfolio")
    write_scan(tmp_path, nodule_scan("P1", 1))
    (tmp_path / "dx.xml").write_text(annotations(nodule_scan("P1", 1), "IdriReadMessage"), encoding="utf-8")
    found = read(tmp_path)
    assert steps(found)["Annotation files of chest radiographs, left out"] == 1
    assert "left out: 1 annotation files of chest radiographs" in caplog.text


def test_other_files_are_left_out(tmp_path):
    write_scan(tmp_path, nodule_scan("P1", 1))
    (tmp_path / "LICENSE").write_text("text", encoding="utf-8")
    (tmp_path / "other.xml").write_text("<html/>", encoding="utf-8")
    report = dataset(nodule_scan("P9", 9), 0)
    report.Modality = "SR"
    report.save_as(tmp_path / "report.dcm", enforce_file_format=True)
    found = read(tmp_path)
    assert steps(found)["Files that are neither, left out"] == 3
    assert len(found.slices) == 3


def test_run_length_encoded_slices_are_decoded(tmp_path):
    scan = nodule_scan("P1", 1)
    plain = read(write_scan(tmp_path / "plain", scan)).slices
    folder = write_scan(tmp_path / "packed", scan)
    for place in range(3):
        found = dataset(scan, place)
        found.compress(RLELossless, generate_instance_uid=False)
        found.save_as(folder / f"{place}.dcm", enforce_file_format=True)
    assert np.array_equal(read(folder).slices.hounsfield, plain.hounsfield)


def test_the_same_tree_gives_the_same_bytes_and_salt(tmp_path):
    write_scan(tmp_path, nodule_scan("P1", 1))
    one, other = read(tmp_path), read(tmp_path)
    assert np.array_equal(one.slices.hounsfield, other.slices.hounsfield)
    assert one.salt == other.salt
    assert one.card == other.card


def edit(change: Callable[[object], None]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        found = dataset(nodule_scan("P1", 1), 1)
        change(found)
        found.save_as(folder / "1.dcm", enforce_file_format=True)

    return damage


def without(name: str) -> Callable[[Path], None]:
    return edit(lambda found: delattr(found, name))


def setting(name: str, value: object) -> Callable[[Path], None]:
    return edit(lambda found: setattr(found, name, value))


def cut_short(folder: Path) -> None:
    path = folder / "1.dcm"
    path.write_bytes(path.read_bytes()[:-1000])


def cut_in_the_header(folder: Path) -> None:
    path = folder / "1.dcm"
    path.write_bytes(path.read_bytes()[:300])


def no_preamble(folder: Path) -> None:
    (folder / "1.dcm").write_bytes(b"not dicom at all" * 20)


def of_another_size(folder: Path) -> None:
    other = replace(nodule_scan("P1", 1), stored=np.zeros((3, 20, 20), np.int16))
    dataset(other, 1).save_as(folder / "1.dcm", enforce_file_format=True)


def twice(folder: Path) -> None:
    found = dataset(replace(nodule_scan("P1", 1), stored=nodule_scan("P1", 5).stored), 1)
    found.SOPInstanceUID = "1.2.3"
    found.save_as(folder / "again.dcm", enforce_file_format=True)


def xml(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "notes.xml").write_text(text, encoding="utf-8")


def jpeg(found: object) -> None:
    found.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.70"
    found.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x04\x00\x00\x00\xff\xd8\xff\xd9\xfe\xff\xdd\xe0\x00\x00\x00\x00"


def deflated(found: object) -> None:
    found.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"


GOOD_XML = annotations(nodule_scan("P1", 1))
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><LidcReadMessage>&b;</LidcReadMessage>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><LidcReadMessage>&a;</LidcReadMessage>'
DAMAGES = {
    "cut short": (cut_short, r"DICOM file, but 1\.dcm cannot be read \(\w+\)|pixels of one slice, but 1\.dcm claims"),
    "cut in the header": (cut_in_the_header, r"1\.dcm"),
    "no preamble": (no_preamble, r"Expected DICOM, but 1\.dcm does not begin like it"),
    "mixed sizes": (
        of_another_size,
        r"one series, but 1\.dcm differs from 0\.dcm in patient, size, spacing or direction",
    ),
    "mixed patients": (setting("PatientID", "P2"), r"one series, but .* differs from .*\.dcm in patient"),
    "mixed directions": (setting("ImageOrientationPatient", [0, 1, 0, 0, 0, 1]), r"one series, but .* differs"),
    "one place twice": (
        twice,
        r"every slice at its own position, but (1|again)\.dcm and (1|again)\.dcm share one and differ",
    ),
    "one identifier twice": (
        setting("SOPInstanceUID", slice_uid(nodule_scan("P1", 1), 0)),
        r"an identifier of its own for every slice, but 0\.dcm and 1\.dcm share one at two positions",
    ),
    "no spacing": (without("PixelSpacing"), r"PixelSpacing of 2 numbers in 1\.dcm, but got 0"),
    "spacing 0": (
        setting("PixelSpacing", [0, 0]),
        r"a spacing above 0 mm and two directions, but got others in 1\.dcm",
    ),
    "no place": (without("ImagePositionPatient"), r"ImagePositionPatient of 3 numbers in 1\.dcm"),
    "no patient": (without("PatientID"), r"Expected a patient's id in 1\.dcm, but got none"),
    "empty patient": (setting("PatientID", " "), r"Expected a patient's id in 1\.dcm, but got none"),
    "no series": (without("SeriesInstanceUID"), r"Expected SeriesInstanceUID in 1\.dcm, but got none"),
    "no rows": (without("Rows"), r"1\.dcm cannot be read \(AttributeError\)"),
    "huge size": (setting("Rows", 65535), r"1\.dcm"),
    "no pixels": (without("PixelData"), r"pixels of one slice, but 1\.dcm claims 40 x 40 x 1 and holds 0 bytes"),
    "several frames": (setting("NumberOfFrames", 3), r"pixels of one slice, but 1\.dcm claims 40 x 40 x 3"),
    "colours": (setting("SamplesPerPixel", 3), r"1\.dcm"),
    "slope 0": (setting("RescaleSlope", 0), r"a rescale slope and intercept, but got others in 1\.dcm"),
    "no intercept": (
        without("RescaleIntercept"),
        r"intercept, since no stored value is below 0, but got none in 1\.dcm",
    ),
    "an empty intercept": (
        setting("RescaleIntercept", None),
        r"intercept, since no stored value is below 0, but got none",
    ),
    "a plug-in is missing": (edit(jpeg), r"a plug-in for pixels in JPEG Lossless.*pylibjpeg.*1\.dcm\. Install one"),
    "deflated": (edit(deflated), r"a DICOM file that is not deflated, but got 1\.dcm"),
    "no XML": (xml("<a>"), r"Expected XML, but got a syntax error: notes\.xml, line 1"),
    "an entity bomb": (xml(BOMB), r"Expected XML, but got entities: notes\.xml"),
    "an entity from outside": (xml(OUTSIDE), r"Expected XML, but got entities: notes\.xml"),
    "no number": (xml(GOOD_XML.replace("<xCoord>19<", "<xCoord>x<")), r"notes\.xml has no whole number in xCoord"),
    "no slice named": (xml(GOOD_XML.replace("imageSOP_UID", "other")), r"notes\.xml has no imageSOP_UID"),
    "no points": (xml(GOOD_XML.replace("edgeMap", "other")), r"notes\.xml has no edgeMap"),
    "coordinates far away": (
        xml(GOOD_XML.replace("<xCoord>19<", "<xCoord>999999<")),
        r"notes\.xml has no coordinates on",
    ),
    "no rating": (
        xml(GOOD_XML.replace("<texture>1</texture>", "")),
        r"notes\.xml has no whole number in characteristics/tex",
    ),
}


HIGHEST = dict.fromkeys(NAMES, 5) | {"calcification": 6}


def rated(folder: Path, name: str, value: object) -> Path:
    """An annotation file in which the first reader gave a characteristic this rating."""
    path = folder / "notes.xml"
    path.write_text(re.sub(f"<{name}>.<", f"<{name}>{value}<", GOOD_XML, count=1), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["0", "9", "-1", "2.5", "nan", "inf", "1e9", ""])
def test_a_rating_that_was_never_published_is_no_rating(tmp_path, name, value):
    words = rf"notes\.xml has no ({name} from 1 to {HIGHEST[name]}, but |whole number in characteristics/{name})"
    with pytest.raises(DataError, match=words):
        read_report(rated(tmp_path, name, value))


@pytest.mark.parametrize("name", NAMES)
def test_every_published_rating_is_read(tmp_path, name):
    for value in (1, 4.0, HIGHEST[name]):
        report = read_report(rated(tmp_path, name, value))
        assert isinstance(report, Report)
        assert astuple(report.drawn[0].ratings)[NAMES.index(name)] == value


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_wrong_with_a_file_is_one_sentence_with_its_name(tmp_path, damage, words):
    write_scan(tmp_path, nodule_scan("P1", 1))
    damage(tmp_path)
    with pytest.raises(DataError, match=words) as caught:
        read(tmp_path)
    assert str(caught.value).startswith("Expected ")
    assert str(tmp_path) not in str(caught.value)
    assert str(caught.value).endswith("Or set on_error: skip.")


@pytest.mark.parametrize("damage", [damage for damage, _ in DAMAGES.values()], ids=DAMAGES)
def test_what_is_wrong_is_skipped_and_counted_if_the_study_says_so(tmp_path, damage, caplog):
    write_scan(tmp_path / "damaged", nodule_scan("P1", 1))
    damage(tmp_path / "damaged")
    write_scan(tmp_path / "good", nodule_scan("P2", 2))
    found = read(tmp_path, on_error="skip")
    assert sum(found.card.skipped.values()) >= 1
    assert (found.slices.patient == "P2").sum() == 3
    assert "skipped: Expected " in caplog.text


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"Expected files in the folder of data\.path, but it is empty\. Check the path"
    ):
        read(tmp_path)


def test_a_folder_without_slices_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("text", encoding="utf-8")
    with pytest.raises(DataError, match=r"Expected CT slices in DICOM, but none of 1 files is one"):
        read(tmp_path)


def test_a_tree_of_which_nothing_is_left_says_why(tmp_path):
    write_scan(tmp_path / "1", nodule_scan("P1", 1, malignancy=3))
    write_scan(tmp_path / "2", nodule_scan("P2", 2, readers=1))
    words = (
        "of 2 nodules in 2 annotated series none is left: 1 were drawn by too few readers, 1 are rated in the middle, "
        "0 are on slices that are not there"
    )
    with pytest.raises(DataError, match=words):
        read(tmp_path, min_readers=2)


def test_slices_behind_a_link_to_a_folder_are_not_followed(tmp_path):
    write_scan(tmp_path / "real", nodule_scan("P1", 1))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "real")
    with pytest.raises(DataError, match=r"in the folder of data\.path, but it has only links to folders"):
        read(tmp_path / "tree")


def test_hidden_files_of_other_systems_are_left_out_and_counted(tmp_path):
    write_scan(tmp_path, nodule_scan("P1", 1))
    for name in ("._1.dcm", "Thumbs.db", ".notes.xml"):
        (tmp_path / name).write_bytes(b"\x00\x05\x16\x07 not what the name says")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "1.dcm").write_bytes((tmp_path / "1.dcm").read_bytes())
    found = read(tmp_path)
    assert len(found.slices) == 3
    assert steps(found)["Hidden files of operating systems, left out"] == 4
    assert steps(found)["CT slices in the folder"] == 3


@needs_real
def test_every_contour_on_the_real_slices_is_found():
    found = read(REAL)
    assert found.card.readers == (
        Reader(reader=1, nodules=1, contours=8),
        Reader(reader=2, nodules=1, contours=7),
        Reader(reader=3, nodules=2, contours=15),
        Reader(reader=4, nodules=2, contours=16),
    )
    assert steps(found)["Contours on slices that are not there"] == 39
    assert found.slices.id.tolist() == [f"LIDC-IDRI-000{i}-n01-s{s}" for i in (1, 2) for s in (1, 2, 3)]
    inside = found.slices.hounsfield[found.slices.mask].mean()
    assert -300 < inside < 100
    assert found.slices.hounsfield[~found.slices.mask].mean() < inside


@needs_real
def test_the_real_masks_agree_with_those_somebody_else_made_of_the_same_contours():
    other = np.load(REAL.parent / "lidc32.npz")
    place = int(np.flatnonzero(other["patient"] == "LIDC-IDRI-0001")[0])
    theirs = float(other["mask"][place].sum() * other["spacing_xyz"][place][0] * other["spacing_xyz"][place][1])
    ours = read(REAL, slices_per_nodule=9).slices
    areas = ours.area_mm2[ours.patient == "LIDC-IDRI-0001"]
    assert min(abs(areas / theirs - 1)) < 0.1
