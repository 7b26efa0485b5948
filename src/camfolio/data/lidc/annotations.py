"""Annotations: contours and ratings of LIDC-IDRI's readers, from the file in the package, and their agreement.

Armato et al. 2011, Medical Physics 38:915-931; contours and ratings under CC BY 3.0. The file contains no attenuation.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate, groupby, pairwise, starmap
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Int
from scipy import ndimage

from camfolio.errors import DataError

FILE = "lidc_annotations.npz"
SAME_SLICE_MM = 0.01  # readers' positions of one slice differ by rounding only
SAMPLES = 2  # per pixel and axis, so that no pixel of the scan falls between the samples of a wider one

Points: TypeAlias = Int[np.ndarray, "points 2"]
"""Row and column in pixels of the scan."""
Pixels: TypeAlias = Bool[np.ndarray, "rows columns"]
"""Part of the scan's pixel grid."""
Agreement: TypeAlias = Float32[np.ndarray, "size size"]
"""Share of the readers who count the pixel as nodule, 0 to 1."""


@dataclass(frozen=True)
class Ratings:
    """One reader's ratings of a nodule in LIDC's coding: 1 to 5, calcification 1 to 6, internal structure 1 to 4.

    Attributes:
        subtlety: 1 extremely subtle to 5 obvious.
        internal_structure: 1 soft tissue, 2 fluid, 3 fat, 4 air; one reader once wrote 5, which is undefined.
        calcification: 1 popcorn, 2 laminated, 3 solid, 4 non-central, 5 central, 6 absent.
        sphericity: 1 linear, 3 ovoid, 5 round.
        margin: 1 poorly defined to 5 sharp.
        lobulation: 1 none to 5 marked.
        spiculation: 1 none to 5 marked.
        texture: 1 ground glass, 3 part-solid, 5 solid.
        malignancy: 1 highly unlikely, 3 indeterminate, 5 highly suspicious; an opinion, not pathology.
    """

    subtlety: int
    internal_structure: int
    calcification: int
    sphericity: int
    margin: int
    lobulation: int
    spiculation: int
    texture: int
    malignancy: int


@dataclass(frozen=True, eq=False)
class Contour:
    """One outline on one axial slice; its pixels lie just outside the nodule.

    Attributes:
        z_mm: position of the slice along the scan's axis.
        inclusion: False if it encloses a region outside the nodule, such as a cavity.
        start: int16 (2,), row and column of the first point in pixels.
        steps: int8 (points - 1, 2), from each point to the next.
    """

    z_mm: float
    inclusion: bool
    start: np.ndarray
    steps: np.ndarray

    @property
    def points(self) -> Points:
        """All points in the order drawn, int64."""
        points = np.empty((len(self.steps) + 1, 2), np.int64)
        points[0] = self.start
        points[1:] = self.start + np.cumsum(self.steps, axis=0, dtype=np.int64)
        return points


@dataclass(frozen=True, eq=False)
class Annotation:
    """One reader's contours and ratings of one nodule of at least 3 mm."""

    ratings: Ratings
    contours: tuple[Contour, ...]

    def on(self, z_mm: float) -> tuple[Contour, ...]:
        """The contours on the slice at a position."""
        return tuple(contour for contour in self.contours if abs(contour.z_mm - z_mm) < SAME_SLICE_MM)


@dataclass(frozen=True, eq=False)
class Nodule:
    """All annotations of one nodule.

    Attributes:
        patient: LIDC's patient id, such as `LIDC-IDRI-0078`.
        scan: 1 for the patient's first scan, 2 for a second one.
        number: counts the patient's nodules from 1, over all scans.
        spacing_mm: pixel spacing of the scan, the same along rows and columns.
        thickness_mm: slice thickness of the scan.
        annotations: one per reader who drew it.
    """

    patient: str
    scan: int
    number: int
    spacing_mm: float
    thickness_mm: float
    annotations: tuple[Annotation, ...]

    @property
    def readers(self) -> int:
        """How many readers drew it."""
        return len(self.annotations)

    @property
    def id(self) -> str:
        """Patient and number: `LIDC-IDRI-0078-n02`."""
        return f"{self.patient}-n{self.number:02d}"

    def rated(self, name: str) -> list[int]:
        """Each reader's rating of one characteristic, in the order of `annotations`."""
        return [getattr(annotation.ratings, name) for annotation in self.annotations]

    def consensus_positions(self) -> list[float]:
        """Positions (mm, ascending) of the slices on which at least half of the readers drew the nodule."""
        drawn = [{round(contour.z_mm, 2) for contour in annotation.contours} for annotation in self.annotations]
        return sorted(z for z in set().union(*drawn) if 2 * sum(z in positions for positions in drawn) >= self.readers)


@cache
def read_nodules() -> tuple[Nodule, ...]:
    """All nodules of LIDC-IDRI that at least one reader drew, ordered by patient and number."""
    arrays = read_arrays((resources.files("camfolio.data") / FILE).read_bytes())
    scans = arrays["annotation_scan"].tolist()
    keys = list(zip(scans, arrays["annotation_nodule"].tolist(), read_annotations(arrays), strict=True))
    keys.sort(key=lambda key: (str(arrays["scan_patient"][key[0]]), key[1]))
    grouped = groupby(keys, key=lambda key: key[:2])
    return tuple(
        nodule_of(arrays, scan, number, tuple(annotation for _, _, annotation in members))
        for (scan, number), members in grouped
    )


def read_arrays(content: bytes) -> dict[str, np.ndarray]:
    """Every array of the file, decompressed once."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def read_annotations(arrays: dict[str, np.ndarray]) -> list[Annotation]:
    """The annotations in the order of the file."""
    contours = read_contours(arrays)
    ratings = starmap(Ratings, arrays["annotation_ratings"].tolist())
    spans = pairwise(accumulate(arrays["annotation_contours"].tolist(), initial=0))
    return [Annotation(rated, tuple(contours[first:last])) for rated, (first, last) in zip(ratings, spans, strict=True)]


def read_contours(arrays: dict[str, np.ndarray]) -> list[Contour]:
    """The contours in the order of the file, as views of its arrays; points are computed on access."""
    spans = pairwise(accumulate((arrays["contour_points"] - 1).tolist(), initial=0))
    columns = (arrays["contour_z_mm"].tolist(), arrays["contour_inclusion"].tolist(), arrays["contour_start"], spans)
    steps = arrays["steps"]
    return [Contour(z, included, start, steps[a:b]) for z, included, start, (a, b) in zip(*columns, strict=True)]


def nodule_of(arrays: dict[str, np.ndarray], scan: int, number: int, annotations: tuple[Annotation, ...]) -> Nodule:
    """One nodule with the properties of its scan."""
    return Nodule(
        patient=str(arrays["scan_patient"][scan]),
        scan=int(arrays["scan_number"][scan]),
        number=number,
        spacing_mm=float(arrays["scan_spacing_mm"][scan]),
        thickness_mm=float(arrays["scan_thickness_mm"][scan]),
        annotations=annotations,
    )


def agreement(nodule: Nodule, z_mm: float, size: int, spacing_mm: float) -> Agreement:
    """Share of the readers who count each pixel as nodule, on a grid centred on their consensus.

    The agreement on the scan's pixels is interpolated linearly and averaged over each pixel of the grid. The grid's
    centre, between the middle pixels where `size` is even, is the centroid of the pixels marked by at least half of the
    readers, or of the agreement itself where there are none.

    Args:
        nodule: with its contours.
        z_mm: position of the slice.
        size: rows and columns of the grid.
        spacing_mm: pixel spacing of the grid.

    Returns:
        float32 (size, size), 0 to 1.

    Raises:
        DataError: if no reader drew the nodule on this slice.
    """
    share = native_agreement(nodule, z_mm)
    fine = size * SAMPLES
    step = spacing_mm / nodule.spacing_mm / SAMPLES
    offset = centroid(share) - step * (fine - 1) / 2
    sampled = ndimage.affine_transform(share, np.full(2, step), offset, output_shape=(fine, fine), order=1)
    averaged: Agreement = sampled.reshape(size, SAMPLES, size, SAMPLES).mean(axis=(1, 3))
    return averaged


def native_agreement(nodule: Nodule, z_mm: float) -> Float32[np.ndarray, "rows columns"]:
    """The same on the scan's pixels: the smallest box around all contours, with an empty rim of one pixel."""
    drawn = [annotation.on(z_mm) for annotation in nodule.annotations]
    if not any(drawn):
        msg = f"Expected a contour of {nodule.id} at {z_mm:g} mm, but got none. Use one of consensus_positions()."
        raise DataError(msg)
    points = np.concatenate([contour.points for contours in drawn for contour in contours])
    origin = points.min(axis=0) - 1
    rows, columns = (points.max(axis=0) - origin + 2).tolist()
    masks = np.stack([marked(contours, origin, (rows, columns)) for contours in drawn])
    share: Float32[np.ndarray, "rows columns"] = masks.mean(axis=0, dtype=np.float32)
    return share


def centroid(share: Float32[np.ndarray, "rows columns"]) -> Float32[np.ndarray, " 2"]:
    """Row and column of the consensus' centre of mass, in pixels of the box."""
    consensus = share >= 0.5  # noqa: PLR2004 - at least half of the readers
    weight = consensus if consensus.any() else share
    return np.array(ndimage.center_of_mass(weight), np.float32)


def marked(contours: Sequence[Contour], origin: Int[np.ndarray, " 2"], shape: tuple[int, int]) -> Pixels:
    """The pixels that one reader marks as nodule on one slice: all inclusions without the exclusions.

    An inclusion's outline lies outside the nodule and is excluded. An exclusion's outline is part of the hole. A contour
    that encloses no pixel, such as a single point, marks the pixels of its outline.

    Args:
        contours: all contours of the reader on the slice.
        origin: int (2,), row and column of the box in the scan.
        shape: rows and columns of the box, with a rim of at least one pixel around the contours.
    """
    nodule = np.zeros(shape, bool)
    hole = np.zeros(shape, bool)
    for contour in contours:
        line = outline(contour.points - origin, shape)
        inside = enclosed(line)
        if contour.inclusion:
            nodule |= inside if inside.any() else line
        else:
            hole |= inside | line
    return nodule & ~hole


def outline(points: Points, shape: tuple[int, int]) -> Pixels:
    """The pixels of a closed contour; points further apart than a pixel, and the last and first, are joined."""
    ends = np.roll(points, -1, axis=0)
    lengths = np.abs(ends - points).max(axis=1).clip(min=1)
    gaps = np.flatnonzero(lengths > 1)
    joints = [np.linspace(points[gap], ends[gap], lengths[gap] + 1).round().astype(np.int64) for gap in gaps]
    line = np.zeros(shape, bool)
    line[tuple(np.concatenate([points, *joints]).T)] = True
    return line


def enclosed(line: Pixels) -> Pixels:
    """Pixels that cannot reach the box's corner without crossing the line.

    The line is 8-connected and its complement 4-connected, so that the line has no gaps.
    """
    regions, _ = ndimage.label(~line)
    inside: Pixels = (regions != regions[0, 0]) & ~line
    return inside
