"""LIDC-IDRI as delivered: DICOM series and XML at any depth become slices around nodules with the readers' consensus.

Armato et al. 2011, Medical Physics 38:915-931; The Cancer Imaging Archive, doi 10.7937/K9/TCIA.2015.LO9QL9SX.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from camfolio.data.dicom import Header, Localizer, read_header
from camfolio.data.dicom_files import is_dicom
from camfolio.data.files import Files, data_files
from camfolio.data.lidc.crops import CropSettings
from camfolio.data.lidc.place import located_file
from camfolio.data.lidc.series import Series, SeriesResult, read_series
from camfolio.data.lidc.xml import ChestXray, Report, read_report
from camfolio.data.parallel import Tolerance, spread
from camfolio.data.reading import Order, Reading, salt_of
from camfolio.data.slices import Slices
from camfolio.errors import DataError
from camfolio.results.card import Reader, SourceCard, Step
from camfolio.study.sources.lidc import LidcData

DATE = "2015"  # of the collection, as in its doi
ATTRIBUTION = (
    "LIDC-IDRI (Armato et al. 2011, Medical Physics 38:915-931), The Cancer Imaging Archive, "
    "doi 10.7937/K9/TCIA.2015.LO9QL9SX, CC BY 3.0."
)
FEW_SERIES = 8
log = logging.getLogger("camfolio")


@dataclass(frozen=True)
class Tree:
    """Contents of a folder: its files, headers of slices, annotation files, and numbers of other files."""

    files: Files
    headers: list[Header]
    reports: list[Report]
    chest_xrays: int
    localizers: int
    others: int


def from_study(data: LidcData, order: Order) -> Reading:
    """Slices of every nodule that enough readers drew and whose rating is not indeterminate.

    Raises:
        DataError: for the first file or series that cannot be read, unless `on_error` is skip; and if nothing is left.
    """
    tolerance = Tolerance(data.on_error)
    tree = read_tree(order.files["path"], tolerance)
    series, unused = matched(tree)
    wanted = CropSettings(
        statistic=order.labels.statistic,
        min_readers=order.labels.min_readers,
        consensus=data.consensus,
        number=data.slices_per_nodule,
        size=data.size,
        spacing_mm=data.spacing_mm,
        displaced=data.displacement == "random",
        seed=order.seed,
    )
    found = []
    for one in spread(
        partial(read_series, wanted), series, "series", tolerance, reason="series that cannot be used", few=FEW_SERIES
    ):
        for sentence in one.refused:
            tolerance.refuse(DataError(sentence), "slices that cannot be used")
        found.append(one)
    counts = total(found)
    if not counts["slices"]:
        msg = (
            f"Expected nodules on CT slices, but of {counts['nodules']} nodules in {len(series)} annotated series none is left: "
            f"{counts['few_readers']} were drawn by too few readers, {counts['undecided']} are rated in the middle, "
            f"{counts['absent'] + counts['unreadable']} are on slices that are not there or cannot be read. Check data.path and labels.min_readers."
        )
        raise DataError(msg)
    card = SourceCard(
        source="lidc",
        attenuation="measured",
        attribution=ATTRIBUTION,
        date=DATE,
        steps=steps(tree, series, unused, counts, order),
        readers=readers(found),
        skipped=dict(tolerance.skipped),
    )
    return Reading(assembled(found), card, salt_of(one.digest.encode() for one in found))


def read_tree(folder: Path, tolerance: Tolerance) -> Tree:
    """Examine every file in a folder, regardless of its name."""
    files = data_files(folder)
    found = list(spread(examine, files.paths, "files", tolerance, reason="files that cannot be read"))
    tree = Tree(
        files=files,
        headers=[one for one in found if isinstance(one, Header)],
        reports=[one for one in found if isinstance(one, Report)],
        chest_xrays=sum(isinstance(one, ChestXray) for one in found),
        localizers=sum(isinstance(one, Localizer) for one in found),
        others=sum(one is None for one in found),
    )
    if tree.chest_xrays:
        log.info("left out: %d annotation files of chest radiographs", tree.chest_xrays)
    if not tree.headers:
        msg = f"Expected CT slices in DICOM, but none of {len(files.paths)} files is one. Check data.path."
        raise DataError(msg)
    return tree


def examine(path: Path) -> Header | Localizer | Report | ChestXray | None:
    """The kind of a file: a CT slice or localizer, an annotation file, or None for any other.

    Raises:
        DataError: if it is one of the two and cannot be read.
    """
    try:
        if path.suffix.lower() == ".xml":
            return read_report(path)
        if is_dicom(path):
            return read_header(path)
    except DataError as error:
        raise DataError(located_file(str(error), path)) from None
    except OSError as error:
        msg = f"Expected a file that can be read, but got {error.strerror} for {path.name}. Check its rights."
        raise DataError(located_file(msg, path)) from None
    if path.suffix.lower() == ".dcm":
        msg = f"Expected DICOM, but {path.name} does not begin like it. Copy it again, or leave it out."
        raise DataError(located_file(msg, path))
    return None


@dataclass(frozen=True)
class Unused:
    """Numbers of annotation files without any of their slices, and of further ones of a series."""

    unmatched: int
    further: int


def matched(tree: Tree) -> tuple[list[Series], Unused]:
    """Each annotation file with the series on whose slices most of its contours are.

    A series that has two files, as some in the collection do, keeps the first by name: they repeat each other.
    """
    by_slice = {header.slice: header.series for header in tree.headers}
    reports: dict[str, Report] = {}
    unmatched = further = 0
    for report in tree.reports:
        votes = Counter(by_slice[name] for name in sorted(report.slices) if name in by_slice)
        if votes:
            first = reports.setdefault(votes.most_common(1)[0][0], report)
            further += first is not report
        else:
            unmatched += bool(report.drawn)
    headers: dict[str, list[Header]] = defaultdict(list)
    for header in tree.headers:
        headers[header.series].append(header)
    series = [Series(tuple(headers[name]), report, 0) for name, report in reports.items()]
    ordered = sorted(series, key=lambda one: (one.patient, one.headers[0].series))
    return numbered(ordered), Unused(unmatched, further)


def numbered(series: Sequence[Series]) -> list[Series]:
    """Series in the order of patients, with the number of drawings in earlier series of the same patient."""
    before: Counter[str] = Counter()
    found = []
    for one in series:
        found.append(replace(one, first=before[one.patient]))
        before[one.patient] += len(one.report.drawn)
    return found


def total(found: Iterable[SeriesResult]) -> Counter[str]:
    """The counts of all series."""
    counts: Counter[str] = Counter()
    for one in found:
        counts.update(one.counts)
    return counts


def steps(tree: Tree, series: Sequence[Series], unused: Unused, counts: Counter[str], order: Order) -> tuple[Step, ...]:
    """Counts of what was read and excluded, with reasons, in the order of reading."""
    counted = (
        ("CT slices in the folder", len(tree.headers)),
        ("Series with annotations", len(series)),
        ("Copies of slices, left out", counts["copies"]),
        ("Localizers, left out", tree.localizers),
        ("Annotation files without any of their slices", unused.unmatched),
        ("Further annotation files of a series, left out", unused.further),
        ("Annotation files of chest radiographs, left out", tree.chest_xrays),
        ("Files that are neither, left out", tree.others),
        ("Drawings of nodules of 3 mm and more", counts["drawings"]),
        ("Marks of smaller nodules, left out", counts["smaller"]),
        ("Marks of what is no nodule, left out", counts["others"]),
        ("Contours", counts["contours"]),
        ("Contours on slices that are not there", counts["contours_without_slice"]),
        ("Nodules, drawings that overlap being one", counts["nodules"]),
        (f"Nodules drawn by fewer than {order.labels.min_readers} readers, excluded", counts["few_readers"]),
        (f"Nodules with a {order.labels.statistic} malignancy of exactly 3, excluded", counts["undecided"]),
        ("Nodules on slices that are not there, excluded", counts["absent"]),
        ("Nodules on slices that cannot be read, excluded", counts["unreadable"]),
        ("Nodules without a pixel of consensus, excluded", counts["no_consensus"]),
        ("Nodules used", counts["used"]),
        ("Slices used", counts["slices"]),
    )
    return (*tree.files.left_out, *(Step(words=words, count=count) for words, count in counted))


def readers(found: Iterable[SeriesResult]) -> tuple[Reader, ...]:
    """Per reader, in the order of the files' sessions: drawings and contours on slices that are there."""
    nodules: Counter[int] = Counter()
    contours: Counter[int] = Counter()
    for one in found:
        nodules.update(one.drawings)
        contours.update(one.contours)
    return tuple(
        Reader(reader=reader, nodules=nodules[reader], contours=contours[reader])
        for reader in sorted(nodules | contours)
    )


def assembled(found: Sequence[SeriesResult]) -> Slices:
    """All slices, in the order of patients, series, nodules and sizes."""
    crops = [crop for one in found for crop in one.crops]
    fields: dict[str, Any] = {
        "hounsfield": np.stack([crop.hounsfield for crop in crops]),
        "label": np.array([crop.label for crop in crops], np.int64),
        "mask": np.stack([crop.mask for crop in crops]),
        "patient": np.array([crop.patient for crop in crops]),
        "spacing": np.array([(crop.spacing_mm, crop.spacing_mm) for crop in crops], np.float32),
        "id": np.array([crop.id for crop in crops]),
        "nodule": np.array([crop.nodule for crop in crops]),
    }
    return Slices(**fields)
