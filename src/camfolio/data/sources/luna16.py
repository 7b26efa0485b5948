"""LUNA16: scans in mhd, nodules and candidates in csv; slices around both, labelled nodule or not.

Setio et al. 2017, Medical Image Analysis 42:1-13. SimpleITK reads the scans (the extra `luna`). The files do not say who a
scan is of, so each scan stands for a patient.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from camfolio.data.parallel import Tolerance, files_under, spread
from camfolio.data.reading import Order, Reading, salt_of
from camfolio.data.slices import Slices
from camfolio.errors import DataError
from camfolio.study.sources.luna16 import LunaData

AIR_HU = -1000.0
LOWEST_HU = -1024.0
LARGEST_VOXELS = 1 << 30
FEW_SCANS = 4
AXIAL = 0.999
ATTRIBUTION = (
    "LUNA16 (Setio et al. 2017, Medical Image Analysis 42:1-13), scans of LIDC-IDRI (Armato et al. 2011, Medical Physics "
    "38:915-931), CC BY 3.0."
)


@dataclass(frozen=True)
class Place:
    """A place in a scan: millimetres in the patient's coordinates, diameter of the nodule, 0 where there is none."""

    x: float
    y: float
    z: float
    diameter_mm: float


@dataclass(frozen=True)
class Scan:
    """A scan and the places to cut out."""

    path: Path
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Square:
    """Pixels along each side of a slice, and mm per pixel."""

    size: int
    spacing_mm: float


@dataclass(frozen=True, eq=False)
class Cut:
    """The slices of one scan, in the order of its places, and the digest of what was read."""

    scan: Scan
    hounsfield: Float32[np.ndarray, "places size size"]
    mask: Bool[np.ndarray, "places size size"]
    digest: str


def from_study(data: LunaData, order: Order) -> Reading:
    """One slice through the middle of every nodule, and of as many candidates that are none as the study wants.

    Raises:
        DataError: if a list or a scan cannot be used, no scan of the lists is there, or SimpleITK is missing.
    """
    tolerance = Tolerance(data.on_error)
    scans = {path.stem: path for path in files_under(order.files["path"]) if path.suffix.lower() == ".mhd"}
    nodules = read_places(order.files["annotations"], "diameter_mm")
    others = read_places(order.files["candidates"], "class")
    planned = [
        Scan(
            path, (*nodules.get(name, ()), *drawn(others.get(name, ()), nodules.get(name, ()), name, data, order.seed))
        )
        for name, path in sorted(scans.items())
    ]
    wanted = [scan for scan in planned if scan.places]
    if not wanted:
        msg = f"Expected scans named in the lists, but none of {len(scans)} mhd files is. Check data.path."
        raise DataError(msg)
    square = Square(data.size, data.spacing_mm)
    found = list(
        spread(partial(cut, square), wanted, "scans", tolerance, reason="scans that cannot be used", few=FEW_SCANS)
    )
    if not found:
        msg = f"Expected scans that can be read, but all {len(wanted)} were skipped. The log says why."
        raise DataError(msg)
    slices = assembled(found, square)
    card = {
        "source": "luna16",
        "attenuation": "measured",
        "attribution": ATTRIBUTION,
        "date": "2016",
        "steps": [
            ("Scans in the folder", len(scans)),
            ("Scans named in the lists", len({*nodules, *others})),
            ("Nodules in the list", sum(map(len, nodules.values()))),
            ("Candidates in the list that are no nodule", sum(map(len, others.values()))),
            ("Nodules used", int(slices.label.sum())),
            ("Candidates used", int((slices.label == 0).sum())),
        ],
        "notes": ["The files do not say which scans are of one patient, so each scan counts as one."],
        "skipped": dict(tolerance.skipped),
    }
    return Reading(slices, card, salt_of(one.digest.encode() for one in found))


def read_places(path: Path, kind: str) -> Mapping[str, Sequence[Place]]:
    """Scan -> places, from annotations.csv (`kind` diameter_mm) or from candidates.csv (`kind` class; only class 0).

    Raises:
        DataError: naming column or line.
    """
    needed = ("seriesuid", "coordX", "coordY", "coordZ", kind)
    found: dict[str, list[Place]] = {}
    for line, row in rows_of(path, needed):
        try:
            x, y, z, last = (float(row[name] or "") for name in needed[1:])
        except (ValueError, TypeError):
            x = y = z = last = math.nan
        if not math.isfinite(x + y + z + last) or last < 0:
            msg = f"Expected numbers, but got something else in {path.name}, line {line}. Get it again."
            raise DataError(msg)
        if kind != "class" or last == 0:
            found.setdefault(row["seriesuid"], []).append(Place(x, y, z, last))
    return found


def rows_of(path: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a list with their line numbers.

    Raises:
        DataError: if it cannot be read, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            found = [(rows.line_num, row) for row in rows]
            columns = rows.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"Expected a list with commas, but {path.name} cannot be read ({type(error).__name__}). Get it again."
        raise DataError(msg) from None
    missing = [name for name in needed if name not in columns]
    if missing:
        msg = f"Expected the columns {', '.join(needed)} in {path.name}, but {', '.join(missing)} is missing."
        raise DataError(msg)
    return found


def drawn(
    candidates: Sequence[Place], nodules: Sequence[Place], name: str, data: LunaData, seed: int
) -> tuple[Place, ...]:
    """Candidates that are no nodule, so many per nodule of the scan, drawn by the seed and the scan alone."""
    number = min(len(candidates), math.ceil(data.candidates_per_nodule * len(nodules)))
    key = int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big")
    chosen = np.random.default_rng(key).permutation(len(candidates))[:number]
    return tuple(candidates[i] for i in sorted(chosen.tolist()))


def cut(square: Square, scan: Scan) -> Cut:
    """Axial slices through the places of one scan, resampled; outside is air.

    Raises:
        DataError: if the scan cannot be read, lies askew, or a place is outside of it.
    """
    volume, spacing, origin, signs = read_scan(scan.path)
    digest = hashlib.sha256(volume.tobytes()).hexdigest()
    images, masks = [], []
    for place in scan.places:
        # voxel coordinates: depth, row, column
        at = (np.array([place.z, place.y, place.x]) - origin) / (spacing * signs)
        depth = round(float(at[0]))
        if not 0 <= depth < len(volume) or (at[1:] < 0).any() or (at[1:] >= volume.shape[1:]).any():
            msg = f"Expected places inside of their scan, but one is outside of {scan.path.name}. Check the lists."
            raise DataError(msg)
        scale = square.spacing_mm / spacing[1:]
        corner = at[1:] - scale * (square.size - 1) / 2
        shape = (square.size, square.size)
        grey = ndimage.affine_transform(volume[depth].astype(np.float32), scale, corner, shape, order=1, cval=AIR_HU)
        images.append(grey.clip(min=LOWEST_HU))
        masks.append(disc(square, place.diameter_mm))
    return Cut(scan, np.stack(images), np.stack(masks), digest)


def disc(square: Square, diameter_mm: float) -> Bool[np.ndarray, "size size"]:
    """Pixels whose centres are within the stated diameter around the middle; none for a diameter of 0."""
    along = (np.arange(square.size) - (square.size - 1) / 2) * square.spacing_mm
    inside: Bool[np.ndarray, "size size"] = np.hypot(along[:, None], along[None, :]) < diameter_mm / 2
    return inside


def read_scan(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A scan's voxels (depth, rows, columns), spacing and origin (mm) and the signs of its axes, each in that order.

    Raises:
        DataError: if SimpleITK is missing or cannot read it, it is too large, not three-dimensional, or lies askew.
    """
    sitk = simple_itk()
    reader = sitk.ImageFileReader()
    reader.SetImageIO("MetaImageIO")
    reader.SetFileName(str(path))
    check_beside(path)
    try:
        reader.ReadImageInformation()
        size = reader.GetSize()
        if len(size) != 3 or math.prod(size) > LARGEST_VOXELS:  # noqa: PLR2004 - a volume
            msg = f"Expected a scan of three axes and at most {LARGEST_VOXELS} voxels, but {path.name} has {size}."
            raise DataError(msg)
        image = reader.Execute()
    except RuntimeError as error:
        msg = f"Expected a scan, but SimpleITK cannot read {path.name} ({type(error).__name__}). Is its raw or zraw file whole?"
        raise DataError(msg) from None
    direction = np.array(image.GetDirection()).reshape(3, 3)
    diagonal = np.diag(direction)
    if (np.abs(diagonal) < AXIAL).any():
        msg = f"Expected axes along the patient's, but {path.name} lies askew. Resample it, or leave it out."
        raise DataError(msg)
    spacing, origin = np.array(image.GetSpacing())[::-1], np.array(image.GetOrigin())[::-1]
    return sitk.GetArrayFromImage(image), spacing, origin, np.sign(diagonal)[::-1]


def check_beside(path: Path) -> None:
    """The file with the voxels that an mhd file names lies beside it.

    Raises:
        DataError: if it names none, or one elsewhere, or one that is not there.
    """
    lines = path.read_text(encoding="latin-1", errors="replace").splitlines()[:100]
    named = [line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == "ElementDataFile"]
    if len(named) != 1 or Path(named[0]).name != named[0] or not path.with_name(named[0]).is_file():
        msg = f"Expected the voxels of {path.name} in a file beside it, but it names none that is there. Copy it again."
        raise DataError(msg)


def simple_itk() -> Any:  # noqa: ANN401 - a module without annotations
    """SimpleITK, quiet.

    Raises:
        DataError: if it is not installed.
    """
    try:
        import SimpleITK as sitk  # noqa: N813 - everyone's name for it
    except ModuleNotFoundError:
        msg = 'Expected SimpleITK for the source luna16, but it is not installed. Run pip install "camfolio[luna]".'
        raise DataError(msg) from None
    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # type: ignore[no-untyped-call]  # no annotations
    return sitk


def assembled(found: Sequence[Cut], square: Square) -> Slices:
    """All slices in the order of scans and places."""
    places = [(one.scan.path.stem, place) for one in found for place in one.scan.places]
    seen: Counter[str] = Counter()
    names = []
    for scan, _ in places:
        seen[scan] += 1
        names.append(f"{scan}-s{seen[scan]}")
    return Slices(
        hounsfield=np.concatenate([one.hounsfield for one in found]),
        label=np.array([int(place.diameter_mm > 0) for _, place in places], np.int64),
        mask=np.concatenate([one.mask for one in found]),
        patient=np.array([scan for scan, _ in places]),
        spacing=np.full((len(places), 2), square.spacing_mm, np.float32),
        id=np.array(names),
    )
