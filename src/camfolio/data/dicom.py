"""CT slices in DICOM: what a header says about series and place, and pixels as Hounsfield units.

What can name a person stays here: of all text elements only the patient's id and the identifiers of series and slice
are read, and no message repeats what stands in a file.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from jaxtyping import Float32
from pydicom.filereader import read_file_meta_info
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import CTImageStorage, DeflatedExplicitVRLittleEndian

from camfolio.errors import DataError

logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # it logs the values it wonders about
AIR_HU = -1000.0
LOWEST_HU = -1024.0
LARGEST_SIDE = 4096
LARGEST_RESCALE = 1e6
MAGIC_AT = 128
ELEMENTS = [
    "Modality",
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
        position_mm: along that normal.
    """

    path: Path
    patient: str
    series: str
    slice: str
    shape: tuple[int, int]
    spacing_mm: tuple[float, float]
    normal: tuple[float, float, float]
    position_mm: float


def is_dicom(path: Path) -> bool:
    """Whether a file begins as DICOM files do, whatever its name."""
    with path.open("rb") as file:
        return file.read(MAGIC_AT + 4)[MAGIC_AT:] == b"DICM"


def read_header(path: Path) -> Header | None:
    """What a DICOM file says about its slice; None for anything but a CT image.

    Raises:
        DataError: for a file that cannot be read, or a CT slice without identifiers, place or spacing.
    """
    with careful(path):
        refuse_deflated(path)
        found = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(ELEMENTS))
        if "Modality" not in found and found.file_meta.get("MediaStorageSOPClassUID") == CTImageStorage:
            msg = (
                f"Expected a CT slice, but {path.name} ends before it says what it is. Copy it again, or leave it out."
            )
            raise DataError(msg)
        if found.get("Modality") != "CT":
            return None
        spacing = numbers(found, "PixelSpacing", 2, path)
        across = numbers(found, "ImageOrientationPatient", 6, path)
        normal = np.cross(across[:3], across[3:])
        length = float(np.linalg.norm(normal))
        if min(spacing) <= 0 or not length > 0:
            msg = (
                f"Expected a spacing above 0 mm and two directions, but got others in {path.name}. Leave the file out."
            )
            raise DataError(msg)
        position = float(np.dot(normal / length, numbers(found, "ImagePositionPatient", 3, path)))
        x, y, z = (float(part) for part in normal / length)
        return Header(
            path=path,
            patient=text(found, "PatientID", path),
            series=text(found, "SeriesInstanceUID", path),
            slice=text(found, "SOPInstanceUID", path),
            shape=(int(found.Rows), int(found.Columns)),
            spacing_mm=(spacing[0], spacing[1]),
            normal=(x, y, z),
            position_mm=position,
        )


def text(found: pydicom.Dataset, name: str, path: Path) -> str:
    """A text element that must be there."""
    value = str(found.get(name) or "").strip(" \0")
    if not value:
        what = "a patient's id" if name == "PatientID" else name
        msg = f"Expected {what} in {path.name}, but got none. Write one into the file, any pseudonym will do, or leave it out."
        raise DataError(msg)
    return value


def numbers(found: pydicom.Dataset, name: str, count: int, path: Path) -> list[float]:
    """An element of several finite numbers that must be there."""
    value = found.get(name)
    given = [float(one) for one in value] if isinstance(value, pydicom.multival.MultiValue) else []
    if len(given) != count or not np.isfinite(given).all():
        msg = f"Expected {name} of {count} numbers in {path.name}, but got {len(given)}. Leave the file out."
        raise DataError(msg)
    return given


def read_pixels(path: Path) -> tuple[Float32[np.ndarray, "rows columns"], np.ndarray]:
    """Attenuation of one slice.

    Stored values, signed or unsigned, become HU by the file's slope and intercept. Padding outside of the scanner's
    circle becomes air; nothing is lower than -1024 HU.

    Returns:
        float32 (rows, columns), HU; and the stored values.

    Raises:
        DataError: if the pixels cannot be decoded, are not what the header says, or need a plug-in that is not there.
    """
    with careful(path):
        refuse_deflated(path)
        found = pydicom.dcmread(path)
        check_size(found, path)
        check_decoder(found, path)
        stored = found.pixel_array
        if stored.shape != (found.Rows, found.Columns):
            msg = f"Expected one grey slice of {found.Rows} x {found.Columns}, but got shape {stored.shape} in {path.name}."
            raise DataError(msg)
        slope, intercept = float(found.get("RescaleSlope", 1)), float(found.get("RescaleIntercept", 0))
        if not slope or max(abs(slope), abs(intercept)) > LARGEST_RESCALE or not np.isfinite([slope, intercept]).all():
            msg = f"Expected a rescale slope and intercept, but got others in {path.name}. Leave the file out."
            raise DataError(msg)
        hounsfield = stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)
        hounsfield[padding(found, stored)] = AIR_HU
        return hounsfield.clip(min=LOWEST_HU), stored


def padding(found: pydicom.Dataset, stored: np.ndarray) -> np.ndarray:
    """Where a slice holds no measurement, by its own word; bool (rows, columns)."""
    value = found.get("PixelPaddingValue")
    if value is None:
        return np.zeros(stored.shape, bool)
    ends = (as_stored(value, stored.dtype), as_stored(found.get("PixelPaddingRangeLimit", value), stored.dtype))
    padded: np.ndarray = (stored >= min(ends)) & (stored <= max(ends))
    return padded


def as_stored(value: object, kind: np.dtype) -> int:
    """A padding value in the sign of the pixels: many files write 63536 where they mean -2000.

    >>> as_stored(63536, np.dtype("int16")), as_stored(-1, np.dtype("uint16"))
    (-2000, 65535)
    """
    return int(np.array([int(str(value))], np.int64).astype(kind)[0])


def check_size(found: pydicom.Dataset, path: Path) -> None:
    """The header claims a size that a slice can have, and as many bytes as that takes.

    Raises:
        DataError: if it lies.
    """
    rows, columns, frames = int(found.Rows), int(found.Columns), int(found.get("NumberOfFrames") or 1)
    wanted = rows * columns * int(found.BitsAllocated) // 8
    given = len(found.get("PixelData") or b"")
    lies = not found.file_meta.TransferSyntaxUID.is_compressed and given < wanted
    if not (0 < rows <= LARGEST_SIDE and 0 < columns <= LARGEST_SIDE and frames == 1) or lies or not given:
        msg = (
            f"Expected the pixels of one slice, but {path.name} claims {rows} x {columns} x {frames} and holds {given} bytes. "
            "Copy it again, or leave it out."
        )
        raise DataError(msg)


def check_decoder(found: pydicom.Dataset, path: Path) -> None:
    """Compressed pixels can be decoded here.

    Raises:
        DataError: naming what to install.
    """
    syntax = found.file_meta.TransferSyntaxUID
    if syntax.is_compressed and not (decoder := get_decoder(syntax)).is_available:
        plugins = "; or ".join(sorted(decoder.missing_dependencies))
        msg = f"Expected a plug-in for pixels in {syntax.name}, but {plugins}, for {path.name}. Install one."
        raise DataError(msg)


def refuse_deflated(path: Path) -> None:
    """A deflated file could unpack to any size.

    Raises:
        DataError: if it is one.
    """
    if read_file_meta_info(path).get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        msg = f"Expected a DICOM file that is not deflated, but got {path.name}. Convert it, for example with dcmconv."
        raise DataError(msg)


@contextmanager
def careful(path: Path) -> Iterator[None]:
    """Whatever pydicom makes of a damaged file is one sentence that repeats nothing of what stands in the file.

    Raises:
        DataError: for every exception.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom warns with the values it wonders about
            yield
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged file makes it fail in two dozen ways
        msg = f"Expected a DICOM file, but {path.name} cannot be read ({type(error).__name__}). Copy it again, or leave it out."
        raise DataError(msg) from None
