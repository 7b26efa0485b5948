"""Small trees of DICOM series with LIDC annotations, as The Cancer Imaging Archive delivers them, for any test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from scipy import ndimage

ROOT_UID = "1.2.826.0.1.3680043.8.498"
NAMES = (
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


@dataclass(frozen=True)
class Roi:
    """One contour of the XML: the slice's index in the series, the points (row, column), inclusion or not."""

    place: int
    points: Sequence[tuple[int, int]]
    inclusion: str = "TRUE"


@dataclass(frozen=True)
class Nodule:
    """One reader's nodule: contours and malignancy; without a malignancy it is below 3 mm."""

    rois: Sequence[Roi]
    malignancy: int | None = 5


@dataclass(frozen=True)
class Scan:
    """A series: what its files say, its slices' stored values, and what each reader drew."""

    patient: str = "P1"
    series: str = f"{ROOT_UID}.7"
    stored: np.ndarray = field(default_factory=lambda: np.full((3, 40, 40), 174, np.int16))
    spacing: Sequence[float] | None = (1.0, 1.0)
    step_mm: float = 2.0
    slope: float = 1.0
    intercept: float = -1024.0
    readers: Sequence[Sequence[Nodule]] = ()


def disc(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> np.ndarray:
    """Pixels within a radius."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(rows - centre[0], columns - centre[1]) <= radius


def ring(mask: np.ndarray) -> list[tuple[int, int]]:
    """The pixels just outside of a mask, in an order in which each touches the next: what LIDC's readers drew."""
    line = ndimage.binary_dilation(mask, np.ones((3, 3))) & ~mask
    centre = ndimage.center_of_mass(mask)
    points = [(int(row), int(column)) for row, column in np.argwhere(line)]
    return sorted(points, key=lambda point: np.arctan2(point[0] - centre[0], point[1] - centre[1]))


def slice_uid(scan: Scan, place: int) -> str:
    return f"{scan.series}.{place + 1}"


def dataset(scan: Scan, place: int) -> Dataset:
    """One slice of a series as a DICOM data set with all elements that camfolio reads."""
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.file_meta.MediaStorageSOPClassUID = CTImageStorage
    found.file_meta.MediaStorageSOPInstanceUID = slice_uid(scan, place)
    found.SOPClassUID, found.SOPInstanceUID = CTImageStorage, slice_uid(scan, place)
    found.Modality, found.PatientID, found.SeriesInstanceUID = "CT", scan.patient, scan.series
    found.ImageOrientationPatient, found.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, -100 + scan.step_mm * place]
    if scan.spacing:
        found.PixelSpacing = list(scan.spacing)
    stored = scan.stored[place]
    found.Rows, found.Columns = stored.shape
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    found.BitsAllocated = found.BitsStored = stored.dtype.itemsize * 8
    found.HighBit, found.PixelRepresentation = found.BitsStored - 1, int(stored.dtype.kind == "i")
    found.RescaleSlope, found.RescaleIntercept = scan.slope, scan.intercept
    found.PixelData = stored.tobytes()
    return found


def annotations(scan: Scan, root: str = "LidcReadMessage") -> str:
    """The XML of a series."""
    sessions = "".join(
        f"<readingSession><servicingRadiologistID>anon</servicingRadiologistID>{''.join(nodule(scan, one) for one in drawn)}</readingSession>"
        for drawn in scan.readers
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="http://www.nih.gov"><ResponseHeader>'
        f"<SeriesInstanceUid>{scan.series}</SeriesInstanceUid></ResponseHeader>{sessions}</{root}>"
    )


def nodule(scan: Scan, one: Nodule) -> str:
    ratings = "".join(f"<{name}>{one.malignancy if name == 'malignancy' else 1}</{name}>" for name in NAMES)
    rated = f"<characteristics>{ratings}</characteristics>" if one.malignancy is not None else ""
    return f"<unblindedReadNodule><noduleID>1</noduleID>{rated}{''.join(contour(scan, roi) for roi in one.rois)}</unblindedReadNodule>"


def contour(scan: Scan, roi: Roi) -> str:
    edges = "".join(f"<edgeMap><xCoord>{column}</xCoord><yCoord>{row}</yCoord></edgeMap>" for row, column in roi.points)
    return (
        f"<roi><imageZposition>{-100 + scan.step_mm * roi.place} </imageZposition>"
        f"<imageSOP_UID>{slice_uid(scan, roi.place)}</imageSOP_UID><inclusion>{roi.inclusion}</inclusion>{edges}</roi>"
    )


def write_scan(folder: Path, scan: Scan, *, names: str = "{place}.dcm", leave_out: Sequence[int] = ()) -> Path:
    """A series with its XML; some of its slices may be missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for place in range(len(scan.stored)):
        if place not in leave_out:
            dataset(scan, place).save_as(folder / names.format(place=place), enforce_file_format=True)
    (folder / "notes.xml").write_text(annotations(scan), encoding="utf-8")
    return folder


def nodule_scan(
    patient: str, number: int, *, malignancy: int = 5, radius: float = 4.0, size: int = 40, readers: int = 4
) -> Scan:
    """A disc on lung on three slices, largest in the middle one, drawn alike by every reader."""
    noise = np.random.default_rng(number).normal(0, 15, (3, size, size))
    centre = (size / 2 + number % 3, size / 2 - number % 2)
    masks = [disc((size, size), centre, radius - abs(place - 1)) for place in range(3)]
    hounsfield = np.where(np.stack(masks), 40, -850) + noise
    drawn = Nodule([Roi(place, ring(mask)) for place, mask in enumerate(masks)], malignancy)
    return Scan(
        patient=patient,
        series=f"{ROOT_UID}.{1000 + number}",
        stored=(hounsfield + 1024).round().astype(np.int16),
        readers=[[drawn]] * readers,
    )
