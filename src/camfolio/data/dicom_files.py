"""DICOM files: recognised by their content, read with limits, and every error without a word from the file."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
from pydicom.filereader import read_file_meta_info
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from camfolio.errors import DataError

logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # it logs values of the file
MAGIC_AT, MAGIC = 128, b"DICM"


def is_dicom(path: Path) -> bool:
    """Whether a file has the DICOM preamble, or is a CT slice without one, as old exports are; regardless of its name."""
    begin = start_of(path)
    if not is_bare(begin):
        return begin[MAGIC_AT:] == MAGIC
    try:
        with careful(path):
            return bool(read_dataset(path, ["SOPClassUID"]).get("SOPClassUID") == CTImageStorage)
    except DataError:
        return False


def start_of(path: Path) -> bytes:
    """The first bytes of a file, as many as a preamble has."""
    with path.open("rb") as file:
        return file.read(MAGIC_AT + len(MAGIC))


def is_bare(begin: bytes) -> bool:
    """Whether a file begins, without a preamble, with an element of the group 0008."""
    return begin[:2] == b"\x08\x00" and begin[3:4] == b"\x00" and begin[MAGIC_AT:] != MAGIC


def read_dataset(path: Path, tags: list[str] | None = None) -> pydicom.Dataset:
    """Some elements of a file, or all with the pixels; of one without a preamble pydicom guesses the encoding.

    Raises:
        DataError: if the file is deflated.
    """
    bare = is_bare(start_of(path))
    if not bare:
        refuse_deflated(path)
    dataset = pydicom.dcmread(
        path, force=bare, stop_before_pixels=bool(tags), specific_tags=list(tags) if tags else None
    )
    if bare:
        implicit, _ = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    return dataset


def filled(dataset: pydicom.Dataset, name: str, default: Any = None) -> Any:  # noqa: ANN401 - the value of any element
    """The value of an element; the default if it is absent, or present and empty."""
    value = dataset.get(name)
    return default if value is None or (isinstance(value, str | pydicom.multival.MultiValue) and not value) else value


def patient_of(path: Path) -> str:
    """The patient's id in a file; empty if it has none or is no DICOM file."""
    try:
        with careful(path):
            dataset = read_dataset(path, ["PatientID"])
            return str(dataset.get("PatientID") or "").strip(" \0")
    except DataError:
        return ""


def refuse_deflated(path: Path) -> None:
    """Refuse deflated files, which could unpack to any size.

    Raises:
        DataError: if the file is deflated.
    """
    if read_file_meta_info(path).get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        msg = f"Expected a DICOM file that is not deflated, but got {path.name}. Convert it, for example with dcmconv."
        raise DataError(msg)


@contextmanager
def careful(path: Path) -> Iterator[None]:
    """Turn any pydicom error into a DataError that quotes nothing from the file.

    Raises:
        DataError: for every exception.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's warnings quote values of the file
            yield
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - damaged files raise two dozen types of exceptions
        msg = f"Expected a DICOM file, but {path.name} cannot be read ({type(error).__name__}). Copy it again, or leave it out."
        raise DataError(msg) from None
