"""One series with its annotations: nodules, labels, and crops of the slices on which nodules are largest."""

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
from camfolio.data.lidc.nodules import ReaderAnnotation, same_nodules
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
        first: number added to those of its nodules, as many as other series of the patient may have.
    """

    headers: tuple[Header, ...]
    report: Report
    first: int


@dataclass(frozen=True)
class CropSettings:
    """How crops are made: the label rule, the consensus, and the crops' number, size and spacing."""

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
class SeriesResult:
    """The result of reading one series.

    Attributes:
        crops: around its nodules.
        counts: by the names that `sources.lidc.steps` describes.
        drawings: reader -> nodules drawn.
        contours: reader -> contours on existing slices.
        digest: of all stored pixel values read.
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
        share: of the readers that mark a pixel as nodule, in a box of the slice.
        origin: row and column of the box.
    """

    header: Header
    share: Float32[np.ndarray, "rows columns"]
    origin: np.ndarray

    def area(self, consensus: float) -> int:
        """Number of the scan's pixels that enough readers mark as nodule."""
        return int(agreed(self.share, consensus).sum())


def read_series(crop: CropSettings, series: Series) -> SeriesResult:
    """Nodules of a series and their slices; pixels are read only of slices that are used.

    Raises:
        DataError: if its slices are inconsistent, or a slice that is used cannot be read.
    """
    check_alike(series.headers)
    placed = {header.slice: header for header in series.headers}
    counts = counts_of(series.report, placed)
    drawn = [ReaderAnnotation(drawing.reader, annotation(drawing, placed)) for drawing in series.report.drawn]
    crops: list[Crop] = []
    digest = hashlib.sha256()
    for number, members in enumerate(same_nodules(drawn), start=1):
        counts["nodules"] += 1
        annotations = [drawn[i].annotation for i in members]
        rating = float(STATISTICS[crop.statistic]([reader.ratings.malignancy for reader in annotations]))
        sections = sections_of(annotations, series.headers)
        largest = sorted(
            (section for section in sections if section.area(crop.consensus)),
            key=lambda section: (-section.area(crop.consensus), section.header.position_mm),
        )[: crop.number]
        verdict = verdict_on(len(annotations), rating, sections, largest, crop)
        counts[verdict] += 1
        if verdict == "used":
            name = f"{series.headers[0].patient}-n{series.first + number:02d}"
            for rank, section in enumerate(largest, start=1):
                hounsfield, stored = read_pixels(section.header.path)
                digest.update(stored.tobytes())
                crops.append(cropped(section, hounsfield, f"{name}-s{rank}", int(rating > UNDECIDED), crop))
    counts["slices"] = len(crops)
    drawings, contours = by_reader(series.report, placed)
    return SeriesResult(crops, counts, drawings, contours, digest.hexdigest())


def verdict_on(
    readers: int, rating: float, sections: Sequence[Section], largest: Sequence[Section], crop: CropSettings
) -> str:
    """Whether a nodule is `used`, or the reason for its exclusion."""
    if readers < crop.min_readers:
        return "few_readers"
    if rating == UNDECIDED:
        return "undecided"
    if not sections:
        return "absent"
    return "used" if largest else "no_consensus"


def check_alike(headers: Sequence[Header]) -> None:
    """Check that all slices of a series agree in patient, size, spacing and direction, and differ in position.

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
    """A drawing with contours at the positions of their slices; those on missing slices are excluded."""
    contours = [
        Contour(
            placed[outline.slice].position_mm, outline.inclusion, outline.points[0], np.diff(outline.points, axis=0)
        )
        for outline in drawn.outlines
        if outline.slice in placed and fits(outline.points, placed[outline.slice].shape)
    ]
    return Annotation(drawn.ratings, tuple(contours))


def fits(points: np.ndarray, shape: tuple[int, int]) -> bool:
    """Whether a contour lies on a slice of this size."""
    return bool((points < shape).all())


def counts_of(report: Report, placed: Mapping[str, Header]) -> Counter[str]:
    """Counts of the entries of an annotation file."""
    outlines = [outline for drawn in report.drawn for outline in drawn.outlines]
    return Counter(
        drawings=len(report.drawn),
        smaller=report.smaller,
        others=report.others,
        contours=len(outlines),
        contours_without_slice=sum(outline.slice not in placed for outline in outlines),
    )


def by_reader(report: Report, placed: Mapping[str, Header]) -> tuple[Counter[int], Counter[int]]:
    """Drawings, and contours on existing slices, of each reader; 0 for readers without any."""
    drawings = Counter(dict.fromkeys(range(1, report.readers + 1), 0))
    contours = Counter(dict.fromkeys(range(1, report.readers + 1), 0))
    for drawn in report.drawn:
        drawings[drawn.reader] += 1
        contours[drawn.reader] += sum(outline.slice in placed for outline in drawn.outlines)
    return drawings, contours


def sections_of(annotations: Sequence[Annotation], headers: Sequence[Header]) -> list[Section]:
    """A nodule on every existing slice on which a reader drew it."""
    return [
        section(annotations, header) for header in headers if any(drawn_on(reader, header) for reader in annotations)
    ]


def drawn_on(annotation: Annotation, header: Header) -> list[Contour]:
    """A reader's contours on one slice."""
    return [contour for contour in annotation.contours if abs(contour.z_mm - header.position_mm) < SAME_MM]


def section(annotations: Sequence[Annotation], header: Header) -> Section:
    """Share of a nodule's readers who mark each pixel of this slice as nodule, in the smallest box with a rim."""
    drawn = [drawn_on(reader, header) for reader in annotations]
    points = np.concatenate([contour.points for contours in drawn for contour in contours])
    origin = points.min(axis=0) - 1
    rows, columns = (points.max(axis=0) - origin + 2).tolist()
    masks = np.stack([marked(contours, origin, (rows, columns)) for contours in drawn])
    return Section(header, masks.mean(axis=0, dtype=np.float32), origin)


def agreed(share: np.ndarray, consensus: float) -> np.ndarray:
    """Pixels on which at least this share of the readers agrees, with a tolerance for float32 rounding."""
    enough: np.ndarray = share >= consensus - 1e-6
    return enough


def cropped(
    section: Section, hounsfield: Float32[np.ndarray, "rows columns"], name: str, label: int, crop: CropSettings
) -> Crop:
    """The square around the consensus' centroid, interpolated linearly and averaged over each new pixel; air outside the slice."""
    consensus = agreed(section.share, crop.consensus)
    centre = centroid(consensus.astype(np.float32)) + section.origin
    scale = crop.spacing_mm / np.array(section.header.spacing_mm) / SAMPLES
    fine = crop.size * SAMPLES
    corner = centre - scale * (fine - 1) / 2
    grey = averaged(ndimage.affine_transform(hounsfield, scale, corner, (fine, fine), order=1, cval=AIR_HU), crop.size)
    inside = ndimage.affine_transform(
        consensus.astype(np.float32), scale, corner - section.origin, (fine, fine), order=1
    )
    area = float(consensus.sum() / np.prod(scale * SAMPLES))
    return Crop(section.header.patient, name, label, grey, covered(averaged(inside, crop.size), area), crop.spacing_mm)


def covered(share: Float32[np.ndarray, "size size"], area: float) -> Bool[np.ndarray, "size size"]:
    """Pixels of which at least half is nodule; for a nodule that fills no pixel by half, as many as its area, at least one.

    Args:
        share: of each pixel, the part that is nodule.
        area: of the nodule, in pixels.
    """
    mask: Bool[np.ndarray, "size size"] = share >= HALF
    if not mask.any():
        mask.flat[np.argsort(-share, axis=None, kind="stable")[: max(1, round(area))]] = True
    return mask


def averaged(fine: Float32[np.ndarray, "fine fine"], size: int) -> Float32[np.ndarray, "size size"]:
    """Means over blocks of samples."""
    means: Float32[np.ndarray, "size size"] = fine.reshape(size, SAMPLES, size, SAMPLES).mean(axis=(1, 3))
    return means
