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
from camfolio.data.displacement import CENTRED, Displacement, displacement, moved
from camfolio.data.lidc.annotations import SAMPLES, Annotation, Contour, marked
from camfolio.data.lidc.crops import CropSettings, Section, averaged, mask_of, samples_of
from camfolio.data.lidc.nodules import ReaderAnnotation, same_nodules
from camfolio.data.lidc.xml import Drawn, Report
from camfolio.errors import DataError

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {"median": averages.median, "mean": averages.fmean}
UNDECIDED = 3
SAME_MM = 1e-2
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


@dataclass(frozen=True, eq=False)
class Crop:
    """One slice around a nodule; `id` is PATIENT-n02-s1, s1 the slice on which the nodule is largest."""

    patient: str
    id: str
    label: int
    hounsfield: Float32[np.ndarray, "size size"]
    mask: Bool[np.ndarray, "size size"]
    spacing_mm: float

    @property
    def nodule(self) -> str:
        """The id without the number of the slice."""
        return self.id.rpartition("-s")[0]


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
            by = displacement_of(largest, name, crop)
            for rank, section in enumerate(largest, start=1):
                hounsfield, stored = read_pixels(section.header.path)
                digest.update(stored.tobytes())
                crops.append(cropped(section, hounsfield, f"{name}-s{rank}", int(rating > UNDECIDED), crop, by=by))
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


def displacement_of(sections: Sequence[Section], nodule: str, crop: CropSettings) -> Displacement:
    """Where a nodule is moved from the centre of its crops, the same on all its slices."""
    if not crop.displaced:
        return CENTRED
    return displacement(np.stack([mask_of(section, crop) for section in sections]), crop.seed, nodule)


def cropped(
    section: Section,
    hounsfield: Float32[np.ndarray, "rows columns"],
    name: str,
    label: int,
    crop: CropSettings,
    *,
    by: Displacement,
) -> Crop:
    """The square around the consensus' centroid, moved by its displacement, interpolated linearly and averaged over each new
    pixel; air outside the slice.
    """
    scale, corner = samples_of(section, crop)
    fine = crop.size * SAMPLES
    start = corner - scale * SAMPLES * np.array(by)
    grey = averaged(ndimage.affine_transform(hounsfield, scale, start, (fine, fine), order=1, cval=AIR_HU), crop.size)
    return Crop(section.header.patient, name, label, grey, moved(mask_of(section, crop), by), crop.spacing_mm)
