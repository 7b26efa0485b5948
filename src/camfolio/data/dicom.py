"""CT slices in DICOM: series and position from headers, and pixels in Hounsfield units.

Identifying data do not leave this module and `dicom_files`: of all text elements only the patient's id, the identifiers of series
and slice, and the codes of modality and image type are read, and no message quotes a value from a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from jaxtyping import Float32
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import CTImageStorage

from camfolio.data.dicom_files import careful, filled, read_dataset
from camfolio.errors import DataError

AIR_HU = -1000.0
LOWEST_HU = -1024.0
LARGEST_SIDE = 4096
LARGEST_RESCALE = 1e6
LOCALIZER = "LOCALIZER"
ELEMENTS = [
    "Modality",
    "ImageType",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "PatientID",
    "Rows",
    "Columns",
    "PixelSpacing",
    "ImageOrientationPatient",
    "ImagePositionPatient",
]


@dataclass(frozen=True)
class Header:
    """One CT slice without its pixels.

    Attributes:
        path: the file.
        patient, series, slice: identifiers as stored.
        shape: rows and columns.
        spacing_mm: from row to row, and from column to column.
        normal: unit vector across the slice, in the patient's coordinates.
        position_mm: of the slice along that normal.
    """

    path: Path
    patient: str
    series: str
    slice: str
    shape: tuple[int, int]
    spacing_mm: tuple[float, float]
    normal: tuple[float, float, float]
    position_mm: float


@dataclass(frozen=True)
class Localizer:
    """A planning image of a CT scanner (scout, topogram), which is no slice."""

    path: Path


def read_header(path: Path) -> Header | Localizer | None:
    """The header of a CT slice; None for a DICOM object of another modality.

    Raises:
        DataError: for a file that cannot be read, or a CT slice without identifiers, position or spacing.
    """
    with careful(path):
        dataset = read_dataset(path, ELEMENTS)
        is_ct = dataset.file_meta.get("MediaStorageSOPClassUID") == CTImageStorage
        if is_ct and "Modality" not in dataset:
            msg = (
                f"Expected a CT slice, but {path.name} ends before it says what it is. Copy it again, or leave it out."
            )
            raise DataError(msg)
        if (filled(dataset, "Modality") or ("CT" if is_ct else "")) != "CT":
            return None
        if LOCALIZER in (filled(dataset, "ImageType") or ()):
            return Localizer(path)
        spacing = numbers(dataset, "PixelSpacing", 2, path)
        across = numbers(dataset, "ImageOrientationPatient", 6, path)
        normal = np.cross(across[:3], across[3:])
        length = float(np.linalg.norm(normal))
        if min(spacing) <= 0 or not length > 0:
            msg = (
                f"Expected a spacing above 0 mm and two directions, but got others in {path.name}. Leave the file out."
            )
            raise DataError(msg)
        position = float(np.dot(normal / length, numbers(dataset, "ImagePositionPatient", 3, path)))
        x, y, z = (float(part) for part in normal / length)
        return Header(
            path=path,
            patient=text(dataset, "PatientID", path),
            series=text(dataset, "SeriesInstanceUID", path),
            slice=text(dataset, "SOPInstanceUID", path),
            shape=(int(dataset.Rows), int(dataset.Columns)),
            spacing_mm=(spacing[0], spacing[1]),
            normal=(x, y, z),
            position_mm=position,
        )


def text(dataset: pydicom.Dataset, name: str, path: Path) -> str:
    """A required text element."""
    value = str(dataset.get(name) or "").strip(" \0")
    if not value:
        what = "a patient's id" if name == "PatientID" else name
        msg = f"Expected {what} in {path.name}, but got none. Write one into the file, any pseudonym will do, or leave it out."
        raise DataError(msg)
    return value


def numbers(dataset: pydicom.Dataset, name: str, count: int, path: Path) -> list[float]:
    """A required element of several finite numbers."""
    value = dataset.get(name)
    given = [float(number) for number in value] if isinstance(value, pydicom.multival.MultiValue) else []
    if len(given) != count or not np.isfinite(given).all():
        msg = f"Expected {name} of {count} numbers in {path.name}, but got {len(given)}. Leave the file out."
        raise DataError(msg)
    return given


def read_pixels(path: Path) -> tuple[Float32[np.ndarray, "rows columns"], np.ndarray]:
    """Attenuation of one slice.

    Stored values, signed or unsigned, become HU by the file's slope and intercept; where these are absent or empty, 1 and 0, unless
    no value is below 0, which HU of a lung are. Padding outside the scanner's
    field of view becomes air; values below -1024 HU are clipped.

    Returns:
        float32 (rows, columns), HU; and the stored values.

    Raises:
        DataError: if the pixels cannot be decoded, do not match the header, or need a plug-in that is not installed.
    """
    with careful(path):
        dataset = read_dataset(path)
        check_size(dataset, path)
        check_decoder(dataset, path)
        stored = dataset.pixel_array
        if stored.shape != (dataset.Rows, dataset.Columns):
            msg = f"Expected one grey slice of {dataset.Rows} x {dataset.Columns}, but got shape {stored.shape} in {path.name}."
            raise DataError(msg)
        slope, intercept = float(filled(dataset, "RescaleSlope", 1)), float(filled(dataset, "RescaleIntercept", 0))
        if filled(dataset, "RescaleIntercept") is None and stored.min() >= 0:
            msg = f"Expected a rescale intercept, since no stored value is below 0, but got none in {path.name}. Leave the file out."
            raise DataError(msg)
        if not slope or max(abs(slope), abs(intercept)) > LARGEST_RESCALE or not np.isfinite([slope, intercept]).all():
            msg = f"Expected a rescale slope and intercept, but got others in {path.name}. Leave the file out."
            raise DataError(msg)
        hounsfield = stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)
        hounsfield[padding(dataset, stored)] = AIR_HU
        return hounsfield.clip(min=LOWEST_HU), stored


def padding(dataset: pydicom.Dataset, stored: np.ndarray) -> np.ndarray:
    """Pixels that the header declares as padding; bool (rows, columns)."""
    value = filled(dataset, "PixelPaddingValue")
    if value is None:
        return np.zeros(stored.shape, bool)
    ends = (as_stored(value, stored.dtype), as_stored(filled(dataset, "PixelPaddingRangeLimit", value), stored.dtype))
    padded: np.ndarray = (stored >= min(ends)) & (stored <= max(ends))
    return padded


def as_stored(value: object, kind: np.dtype) -> int:
    """A padding value with the signedness of the pixels: many files store -2000 as 63536.

    >>> as_stored(63536, np.dtype("int16")), as_stored(-1, np.dtype("uint16"))
    (-2000, 65535)
    """
    return int(np.array([int(str(value))], np.int64).astype(kind)[0])


def check_size(dataset: pydicom.Dataset, path: Path) -> None:
    """Check that the header declares a plausible size, and that the file holds as many bytes.

    Raises:
        DataError: if the size is implausible or inconsistent with the pixel data.
    """
    rows, columns, frames = int(dataset.Rows), int(dataset.Columns), int(dataset.get("NumberOfFrames") or 1)
    needed = rows * columns * int(dataset.BitsAllocated) // 8
    given = len(dataset.get("PixelData") or b"")
    truncated = not dataset.file_meta.TransferSyntaxUID.is_compressed and given < needed
    if not (0 < rows <= LARGEST_SIDE and 0 < columns <= LARGEST_SIDE and frames == 1) or truncated or not given:
        msg = (
            f"Expected the pixels of one slice, but {path.name} claims {rows} x {columns} x {frames} and holds {given} bytes. "
            "Copy it again, or leave it out."
        )
        raise DataError(msg)


def check_decoder(dataset: pydicom.Dataset, path: Path) -> None:
    """Check that the pixels can be decoded.

    Raises:
        DataError: naming the missing plug-in.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_compressed and not (decoder := get_decoder(syntax)).is_available:
        plugins = "; or ".join(sorted(decoder.missing_dependencies))
        msg = f"Expected a plug-in for pixels in {syntax.name}, but {plugins}, for {path.name}. Install one."
        raise DataError(msg)
