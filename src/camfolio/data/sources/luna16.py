"""LUNA16: scans in mhd, nodules and candidates in csv; slices around both, labelled nodule or not.

Setio et al. 2017, Medical Image Analysis 42:1-13. SimpleITK reads the scans (the extra `luna`). The files do not say who a
scan is of, so each scan stands for a patient.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from camfolio.data.displacement import CENTRED, Displacement, moved
from camfolio.data.files import Files, data_files
from camfolio.data.locations import Location, Square, disc, displacements
from camfolio.data.parallel import Tolerance, spread
from camfolio.data.reading import Order, Reading, salt_of
from camfolio.data.slices import Slices
from camfolio.data.volumes import scan_among
from camfolio.errors import DataError
from camfolio.results.card import SourceCard, Step
from camfolio.study.sources.luna16 import LunaData

AIR_HU = -1000.0
LOWEST_HU = -1024.0
FEW_SCANS = 4
ATTRIBUTION = (
    "LUNA16 (Setio et al. 2017, Medical Image Analysis 42:1-13), scans of LIDC-IDRI (Armato et al. 2011, Medical Physics "
    "38:915-931), CC BY 3.0."
)


@dataclass(frozen=True)
class Lists:
    """Series -> locations of its nodules, and of candidates that are none."""

    nodules: Mapping[str, Sequence[Location]]
    others: Mapping[str, Sequence[Location]]


@dataclass(frozen=True)
class Scan:
    """The volumes of a name, the locations through which slices are taken, and by how many pixels each is moved from its slice's centre."""

    paths: tuple[Path, ...]
    locations: tuple[Location, ...]
    displaced: tuple[Displacement, ...]

    @property
    def name(self) -> str:
        """The series in the lists."""
        return self.paths[0].stem


@dataclass(frozen=True, eq=False)
class Cut:
    """The slices of one scan, in the order of its locations, none if there are only masks, and the digest of its voxels."""

    scan: Scan
    masks: int
    copies: int
    hounsfield: Float32[np.ndarray, "locations size size"]
    mask: Bool[np.ndarray, "locations size size"]
    digest: str


def from_study(data: LunaData, order: Order) -> Reading:
    """One slice through the centre of every nodule, and of the number of other candidates that the study sets.

    Raises:
        DataError: if a list or a scan cannot be used, no scan of the lists is there, or SimpleITK is missing.
    """
    tolerance = Tolerance(data.on_error)
    files = data_files(order.files["path"])
    volumes = volumes_by_name(files)
    lists = Lists(
        read_locations(order.files["annotations"], "diameter_mm"), read_locations(order.files["candidates"], "class")
    )
    square = Square(data.size, data.spacing_mm)
    wanted = planned(volumes, lists, data, square, order.seed)
    if not wanted:
        number = sum(map(len, volumes.values()))
        msg = f"Expected scans named in the lists, but none of {number} mhd files is. Check data.path."
        raise DataError(msg)
    found = list(
        spread(partial(cut, square), wanted, "scans", tolerance, reason="scans that cannot be used", few=FEW_SCANS)
    )
    used = [one for one in found if one.digest]
    if not used:
        msg = (
            f"Expected CT scans, but of {len(wanted)} names in the lists {len(found)} have only masks, whose values fit into "
            f"a byte, and {len(wanted) - len(found)} were skipped. Check data.path; the log says why files were skipped."
        )
        raise DataError(msg)
    slices = assembled(used, square)
    card = SourceCard(
        source="luna16",
        attenuation="measured",
        attribution=ATTRIBUTION,
        date="2016",
        steps=(*files.left_out, *steps(volumes, wanted, found, lists, slices)),
        notes=("The files do not say which scans are of one patient, so each scan counts as one.",),
        skipped=dict(tolerance.skipped),
    )
    return Reading(slices, card, salt_of(one.digest.encode() for one in used))


def volumes_by_name(files: Files) -> dict[str, tuple[Path, ...]]:
    """Name of a series -> its volumes in mhd: the scan, and often a mask in another folder."""
    found: dict[str, tuple[Path, ...]] = {}
    for path in files.paths:
        if path.suffix.lower() == ".mhd":
            found[path.stem] = (*found.get(path.stem, ()), path)
    return found


def planned(
    volumes: Mapping[str, tuple[Path, ...]], lists: Lists, data: LunaData, square: Square, seed: int
) -> list[Scan]:
    """Every name with the locations that are cut from its scan, without names that have none."""
    locations = {
        name: (
            *lists.nodules.get(name, ()),
            *drawn(lists.others.get(name, ()), lists.nodules.get(name, ()), name, data, seed),
        )
        for name in sorted(volumes)
    }
    displaced = displacements(locations, square, seed) if data.displacement == "random" else {}
    return [
        Scan(volumes[name], chosen, displaced.get(name, (CENTRED,) * len(chosen)))
        for name, chosen in locations.items()
        if chosen
    ]


def steps(
    volumes: Mapping[str, tuple[Path, ...]], wanted: Sequence[Scan], found: Sequence[Cut], lists: Lists, slices: Slices
) -> Iterator[Step]:
    """Counts of what was read and left out, in the order of reading."""
    number = sum(map(len, volumes.values()))
    counted = (
        ("Volumes in the folder", number),
        ("Volumes that no list names, left out", number - sum(len(one.paths) for one in wanted)),
        ("Masks, whose values fit into a byte, left out", sum(one.masks for one in found)),
        ("Copies of a scan, left out", sum(one.copies for one in found)),
        ("Scans named in the lists", len({*lists.nodules, *lists.others})),
        ("Nodules in the list", sum(map(len, lists.nodules.values()))),
        ("Candidates in the list that are no nodule", sum(map(len, lists.others.values()))),
        ("Nodules used", int(slices.label.sum())),
        ("Candidates used", int((slices.label == 0).sum())),
    )
    yield from (Step(words=words, count=count) for words, count in counted)


def read_locations(path: Path, kind: str) -> Mapping[str, Sequence[Location]]:
    """Scan -> locations, from annotations.csv (`kind` diameter_mm) or from candidates.csv (`kind` class; only class 0).

    Raises:
        DataError: naming column or line.
    """
    needed = ("seriesuid", "coordX", "coordY", "coordZ", kind)
    found: dict[str, list[Location]] = {}
    for line, row in rows_of(path, needed):
        try:
            x, y, z, last = (float(row[name] or "") for name in needed[1:])
        except (ValueError, TypeError):
            x = y = z = last = math.nan
        if not math.isfinite(x + y + z + last) or last < 0:
            msg = f"Expected numbers, but got something else in {path.name}, line {line}. Get it again."
            raise DataError(msg)
        if kind != "class" or last == 0:
            found.setdefault(row["seriesuid"], []).append(Location(x, y, z, last))
    return found


def rows_of(path: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a list with their line numbers.

    Raises:
        DataError: if it cannot be read, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
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
    candidates: Sequence[Location], nodules: Sequence[Location], name: str, data: LunaData, seed: int
) -> tuple[Location, ...]:
    """Candidates that are no nodule, a given number per nodule of the scan, drawn with the seed and the scan's name."""
    number = min(len(candidates), math.ceil(data.candidates_per_nodule * len(nodules)))
    key = int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big")
    chosen = np.random.default_rng(key).permutation(len(candidates))[:number]
    return tuple(candidates[i] for i in sorted(chosen.tolist()))


def cut(square: Square, scan: Scan) -> Cut:
    """Axial slices through the locations of one scan, resampled; pixels outside the scan are air.

    Raises:
        DataError: if the scan cannot be read or is oblique, another of its name differs, or a location is outside it.
    """
    found = scan_among(scan.paths)
    if found.scan is None:
        none = np.zeros((0, square.size, square.size))
        return Cut(scan, found.masks, found.copies, none.astype(np.float32), none.astype(bool), "")
    volume, spacing, origin, signs = found.scan.voxels, found.scan.spacing, found.scan.origin, found.scan.signs
    digest = hashlib.sha256(volume.tobytes()).hexdigest()
    images, masks = [], []
    for location, by in zip(scan.locations, scan.displaced, strict=True):
        # voxel coordinates: depth, row, column
        at = (np.array([location.z, location.y, location.x]) - origin) / (spacing * signs)
        depth = round(float(at[0]))
        if not 0 <= depth < len(volume) or (at[1:] < 0).any() or (at[1:] >= volume.shape[1:]).any():
            msg = f"Expected locations inside their scan, but one is outside {found.scan.path.name}. Check the lists."
            raise DataError(msg)
        scale = square.spacing_mm / spacing[1:]
        corner = at[1:] - scale * ((square.size - 1) / 2 + np.array(by))
        shape = (square.size, square.size)
        grey = ndimage.affine_transform(volume[depth].astype(np.float32), scale, corner, shape, order=1, cval=AIR_HU)
        images.append(grey.clip(min=LOWEST_HU))
        masks.append(moved(disc(square, location.diameter_mm), by))
    return Cut(scan, found.masks, found.copies, np.stack(images), np.stack(masks), digest)


def assembled(cuts: Sequence[Cut], square: Square) -> Slices:
    """All slices in the order of scans and locations."""
    locations = [(cut.scan.name, location) for cut in cuts for location in cut.scan.locations]
    seen: Counter[str] = Counter()
    numbers = []
    for scan, _ in locations:
        seen[scan] += 1
        numbers.append((scan, seen[scan]))
    return Slices(
        hounsfield=np.concatenate([cut.hounsfield for cut in cuts]),
        label=np.array([int(location.diameter_mm > 0) for _, location in locations], np.int64),
        mask=np.concatenate([cut.mask for cut in cuts]),
        patient=np.array([scan for scan, _ in locations]),
        spacing=np.full((len(locations), 2), square.spacing_mm, np.float32),
        id=np.array([f"{scan}-s{number}" for scan, number in numbers]),
        nodule=np.array([f"{scan}-n{number}" for scan, number in numbers]),
    )
