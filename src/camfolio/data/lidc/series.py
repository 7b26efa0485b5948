"""One series with its annotations: nodules, their labels, and crops of the slices on which they are largest."""

from __future__ import annotations

import hashlib
import statistics as averages
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from camfolio.data.dicom import AIR_HU, Header, read_pixels
from camfolio.data.lidc.annotations import SAMPLES, Annotation, Contour, centroid, marked
from camfolio.data.lidc.nodules import Marked, same_nodules
from camfolio.data.lidc.xml import Drawn, Report
from camfolio.errors import DataError

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {"median": averages.median, "mean": averages.fmean}
UNDECIDED = 3
SAME_MM = 1e-2
HALF = 0.5
ALIKE = 1e-3
"""Slices of one series differ in spacing and direction by rounding only."""


@dataclass(frozen=True, eq=False)
class Series:
    """One series.

    Attributes:
        headers: of its slices, ordered by position.
        report: its annotation file.
        first: how many nodules the patient may have in other series before this one.
    """

    headers: tuple[Header, ...]
    report: Report
    first: int


@dataclass(frozen=True)
class Wanted:
    """What is made of a series: the label rule, the consensus, and the slices' number, size and spacing."""

    statistic: str
    min_readers: int
    consensus: float
    number: int
    size: int
    spacing_mm: float


@dataclass(frozen=True, eq=False)
class Crop:
    """One slice around a nodule; `id` is PATIENT-n02-s1, s1 the slice on which the nodule is largest."""

    patient: str
    id: str
    label: int
    hounsfield: Float32[np.ndarray, "size size"]
    mask: Bool[np.ndarray, "size size"]
    spacing_mm: float


@dataclass(frozen=True, eq=False)
class Found:
    """What one series gave.

    Attributes:
        crops: its slices.
        counts: by the names that `sources.lidc.steps` puts into words.
        drawings: reader -> nodules drawn.
        contours: reader -> contours on slices that are there.
        digest: of all stored values read.
    """

    crops: list[Crop]
    counts: Counter[str]
    drawings: Counter[int]
    contours: Counter[int]
    digest: str


@dataclass(frozen=True, eq=False)
class Section:
    """A nodule on one slice.

    Attributes:
        header: the slice.
        share: of the readers that count a pixel as nodule, in a box of the slice.
        origin: row and column of the box.
    """

    header: Header
    share: Float32[np.ndarray, "rows columns"]
    origin: np.ndarray

    def area(self, consensus: float) -> int:
        """Pixels of the scan that enough readers count as nodule."""
        return int(agreed(self.share, consensus).sum())


def read_series(wanted: Wanted, series: Series) -> Found:
    """Nodules of a series and their slices; pixels are read only of slices that are used.

    Raises:
        DataError: if its slices do not belong together, or one that is needed cannot be read.
    """
    check_alike(series.headers)
    placed = {header.slice: header for header in series.headers}
    counts = counts_of(series.report, placed)
    drawn = [Marked(one.reader, annotation(one, placed)) for one in series.report.drawn]
    crops: list[Crop] = []
    digest = hashlib.sha256()
    for number, members in enumerate(same_nodules(drawn), start=1):
        counts["nodules"] += 1
        annotations = [drawn[i].annotation for i in members]
        rating = float(STATISTICS[wanted.statistic]([one.ratings.malignancy for one in annotations]))
        sections = sections_of(annotations, series.headers)
        largest = sorted(
            (one for one in sections if one.area(wanted.consensus)),
            key=lambda one: (-one.area(wanted.consensus), one.header.position_mm),
        )[: wanted.number]
        verdict = verdict_on(len(annotations), rating, sections, largest, wanted)
        counts[verdict] += 1
        if verdict == "used":
            name = f"{series.headers[0].patient}-n{series.first + number:02d}"
            for rank, section in enumerate(largest, start=1):
                hounsfield, stored = read_pixels(section.header.path)
                digest.update(stored.tobytes())
                crops.append(cropped(section, hounsfield, f"{name}-s{rank}", int(rating > UNDECIDED), wanted))
    counts["slices"] = len(crops)
    drawings, contours = by_reader(series.report, placed)
    return Found(crops, counts, drawings, contours, digest.hexdigest())


def verdict_on(
    readers: int, rating: float, sections: Sequence[Section], largest: Sequence[Section], wanted: Wanted
) -> str:
    """What becomes of a nodule: `used`, or why not."""
    if readers < wanted.min_readers:
        return "few_readers"
    if rating == UNDECIDED:
        return "undecided"
    if not sections:
        return "absent"
    return "used" if largest else "no_consensus"


def check_alike(headers: Sequence[Header]) -> None:
    """All slices of a series have one patient, size, spacing and direction, and each its own place.

    Raises:
        DataError: naming the first file that differs.
    """
    first = headers[0]
    for header in headers[1:]:
        apart = np.abs(np.subtract((*header.spacing_mm, *header.normal), (*first.spacing_mm, *first.normal))).max()
        if header.shape != first.shape or header.patient != first.patient or apart > ALIKE:
            msg = (
                f"Expected one series, but {header.path.name} differs from {first.path.name} in patient, size, spacing or "
                "direction. Leave one of them out."
            )
            raise DataError(msg)
    for before, after in pairwise(headers):
        if after.position_mm - before.position_mm < ALIKE:
            msg = (
                f"Expected every slice at its own position, but {before.path.name} and {after.path.name} share one. "
                "Leave one of them out."
            )
            raise DataError(msg)


def annotation(drawn: Drawn, placed: Mapping[str, Header]) -> Annotation:
    """A drawing whose contours are placed along the scan by their slices; those of absent slices are left out."""
    contours = [
        Contour(placed[one.slice].position_mm, one.inclusion, one.points[0], np.diff(one.points, axis=0))
        for one in drawn.outlines
        if one.slice in placed and fits(one.points, placed[one.slice].shape)
    ]
    return Annotation(drawn.ratings, tuple(contours))


def fits(points: np.ndarray, shape: tuple[int, int]) -> bool:
    """Whether a contour lies on a slice of this size."""
    return bool((points < shape).all())


def counts_of(report: Report, placed: Mapping[str, Header]) -> Counter[str]:
    """What an annotation file holds."""
    outlines = [one for drawn in report.drawn for one in drawn.outlines]
    return Counter(
        drawings=len(report.drawn),
        smaller=report.smaller,
        others=report.others,
        contours=len(outlines),
        contours_without_slice=sum(one.slice not in placed for one in outlines),
    )


def by_reader(report: Report, placed: Mapping[str, Header]) -> tuple[Counter[int], Counter[int]]:
    """Drawings, and contours on slices that are there, of each reader; readers who drew nothing count 0."""
    drawings = Counter(dict.fromkeys(range(1, report.readers + 1), 0))
    contours = Counter(dict.fromkeys(range(1, report.readers + 1), 0))
    for drawn in report.drawn:
        drawings[drawn.reader] += 1
        contours[drawn.reader] += sum(one.slice in placed for one in drawn.outlines)
    return drawings, contours


def sections_of(annotations: Sequence[Annotation], headers: Sequence[Header]) -> list[Section]:
    """A nodule on every slice that is there and on which a reader drew it."""
    return [section(annotations, header) for header in headers if any(drawn_on(one, header) for one in annotations)]


def drawn_on(annotation: Annotation, header: Header) -> list[Contour]:
    """A reader's contours on one slice."""
    return [contour for contour in annotation.contours if abs(contour.z_mm - header.position_mm) < SAME_MM]


def section(annotations: Sequence[Annotation], header: Header) -> Section:
    """Share of all readers of a nodule who count a pixel of this slice as nodule, in the smallest box with a rim."""
    drawn = [drawn_on(one, header) for one in annotations]
    points = np.concatenate([contour.points for contours in drawn for contour in contours])
    origin = points.min(axis=0) - 1
    rows, columns = (points.max(axis=0) - origin + 2).tolist()
    masks = np.stack([marked(contours, origin, (rows, columns)) for contours in drawn])
    return Section(header, masks.mean(axis=0, dtype=np.float32), origin)


def agreed(share: np.ndarray, consensus: float) -> np.ndarray:
    """Where at least this share of the readers agrees; a third of three is a third, whatever float32 makes of it."""
    enough: np.ndarray = share >= consensus - 1e-6
    return enough


def cropped(
    section: Section, hounsfield: Float32[np.ndarray, "rows columns"], name: str, label: int, wanted: Wanted
) -> Crop:
    """The square around the consensus' centroid, resampled: linear, averaged over each new pixel; outside is air."""
    consensus = agreed(section.share, wanted.consensus)
    centre = centroid(consensus.astype(np.float32)) + section.origin
    scale = wanted.spacing_mm / np.array(section.header.spacing_mm) / SAMPLES
    fine = wanted.size * SAMPLES
    corner = centre - scale * (fine - 1) / 2
    grey = averaged(
        ndimage.affine_transform(hounsfield, scale, corner, (fine, fine), order=1, cval=AIR_HU), wanted.size
    )
    inside = ndimage.affine_transform(
        consensus.astype(np.float32), scale, corner - section.origin, (fine, fine), order=1
    )
    area = float(consensus.sum() / np.prod(scale * SAMPLES))
    return Crop(
        section.header.patient, name, label, grey, covered(averaged(inside, wanted.size), area), wanted.spacing_mm
    )


def covered(share: Float32[np.ndarray, "size size"], area: float) -> Bool[np.ndarray, "size size"]:
    """Pixels of which at least half is nodule; of one that fills no pixel by half, as many as its area, at least one.

    Args:
        share: of each pixel that is nodule.
        area: of the nodule, in pixels.
    """
    mask: Bool[np.ndarray, "size size"] = share >= HALF
    if not mask.any():
        mask.flat[np.argsort(-share, axis=None, kind="stable")[: max(1, round(area))]] = True
    return mask


def averaged(fine: Float32[np.ndarray, "fine fine"], size: int) -> Float32[np.ndarray, "size size"]:
    """Means over squares of samples."""
    means: Float32[np.ndarray, "size size"] = fine.reshape(size, SAMPLES, size, SAMPLES).mean(axis=(1, 3))
    return means
