"""One series with its annotations: nodules, labels, and crops of the slices on which nodules are largest."""

from __future__ import annotations

import hashlib
import statistics as averages
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from camfolio.data.dicom import AIR_HU, Header, read_pixels
from camfolio.data.displacement import CENTRED, Displacement, displacement, moved
from camfolio.data.lidc.annotations import SAMPLES, Annotation, Contour, marked
from camfolio.data.lidc.consistency import consistent
from camfolio.data.lidc.crops import CropSettings, Section, averaged, mask_of, samples_of
from camfolio.data.lidc.nodules import ReaderAnnotation, same_nodules
from camfolio.data.lidc.place import located
from camfolio.data.lidc.xml import Drawn, Report
from camfolio.errors import DataError

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {"median": averages.median, "mean": averages.fmean}
UNDECIDED = 3
SAME_MM = 1e-2


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

    @property
    def patient(self) -> str:
        """The patient of most slices."""
        return Counter(header.patient for header in self.headers).most_common(1)[0][0]


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
        refused: a sentence for each slice that cannot be used.
    """

    crops: list[Crop]
    counts: Counter[str]
    drawings: Counter[int]
    contours: Counter[int]
    digest: str
    refused: tuple[str, ...]


def read_series(crop: CropSettings, series: Series) -> SeriesResult:
    """Nodules of a series and their slices; pixels are read only of slices that are used, or that share a position.

    Drawings are grouped into nodules by all contours of the annotation file, whatever slices exist.
    """
    found = consistent(series.headers, series.report.slices)
    placed = found.by_identifier
    order = {name: float(number) for number, name in enumerate(sorted(series.report.slices))}
    whole = [ReaderAnnotation(drawing.reader, annotation(drawing, order)) for drawing in series.report.drawn]
    positions = {name: header.position_mm for name, header in placed.items()}
    drawn = [annotation(fitting(drawing, placed), positions) for drawing in series.report.drawn]
    counts = counts_of(series.report, placed)
    counts["copies"] = found.copies
    pixels = Pixels()
    crops: list[Crop] = []
    for number, members in enumerate(same_nodules(whole), start=1):
        counts["nodules"] += 1
        annotations = [drawn[i] for i in members]
        rating = float(STATISTICS[crop.statistic]([reader.ratings.malignancy for reader in annotations]))
        sections = sections_of(annotations, found.headers)
        agreed_on = [section for section in sections if section.area(crop.consensus)]
        verdict = verdict_on(len(annotations), rating, sections, agreed_on, crop)
        largest = pixels.of_largest(agreed_on, crop) if verdict == "used" else []
        counts[verdict if largest or verdict != "used" else "unreadable"] += 1
        if largest:
            name = f"{found.headers[0].patient}-n{series.first + number:02d}"
            by = displacement_of([section for section, _ in largest], name, crop)
            crops += [
                cropped(section, hounsfield, f"{name}-s{rank}", int(rating > UNDECIDED), crop, by=by)
                for rank, (section, hounsfield) in enumerate(largest, start=1)
            ]
    counts["slices"] = len(crops)
    drawings, contours = by_reader(series.report, placed)
    refused = (*found.refused, *pixels.refused.values())
    return SeriesResult(crops, counts, drawings, contours, pixels.digest.hexdigest(), refused)


class Pixels:
    """The pixels of the slices that are used.

    Attributes:
        digest: of all stored values read.
        refused: file -> the sentence why its pixels cannot be used.
    """

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.refused: dict[Path, str] = {}

    def of_largest(self, sections: Sequence[Section], crop: CropSettings) -> list[tuple[Section, np.ndarray]]:
        """The sections on which a nodule is largest, as many as wanted, with HU; unreadable slices are passed over."""
        found: list[tuple[Section, np.ndarray]] = []
        for section in sorted(
            sections, key=lambda section: (-section.area(crop.consensus), section.header.position_mm)
        ):
            path = section.header.path
            if path in self.refused or len(found) == crop.number:
                continue
            try:
                hounsfield, stored = read_pixels(path)
            except DataError as error:
                self.refused[path] = located(str(error), section.header)
            else:
                self.digest.update(stored.tobytes())
                found.append((section, hounsfield))
        return found


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


def annotation(drawn: Drawn, positions: Mapping[str, float]) -> Annotation:
    """A drawing with its contours at the positions of their slices; those on slices without one are excluded."""
    contours = [
        Contour(positions[outline.slice], outline.inclusion, outline.points[0], np.diff(outline.points, axis=0))
        for outline in drawn.outlines
        if outline.slice in positions
    ]
    return Annotation(drawn.ratings, tuple(contours))


def fitting(drawn: Drawn, placed: Mapping[str, Header]) -> Drawn:
    """A drawing without the contours that do not lie on their slice."""
    outlines = [
        outline
        for outline in drawn.outlines
        if outline.slice in placed and fits(outline.points, placed[outline.slice].shape)
    ]
    return replace(drawn, outlines=tuple(outlines))


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
