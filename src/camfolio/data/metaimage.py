"""Scans in MetaIO (mhd with raw or zraw), read by SimpleITK from a header that is written anew from checked values.

MetaIO takes `=` and `:` between key and value, lists and patterns of files, and files in other folders. So SimpleITK never
sees the header of the data: every line of it is parsed here, and only known keys with numbers of the expected form are
handed over, with the file of voxels beside it.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from camfolio.errors import DataError

LARGEST_HEADER = 1 << 16
LARGEST_VOXELS = 1 << 30
AXIAL = 0.999
NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"
TRIPLE = rf"{NUMBER}( {NUMBER}){{2}}"
MATRIX = rf"{NUMBER}( {NUMBER}){{8}}"
LOGICAL = "True|False"
WRITTEN: Mapping[str, str] = {
    "NDims": "3",
    "BinaryData": "True",
    "BinaryDataByteOrderMSB": LOGICAL,
    "ElementByteOrderMSB": LOGICAL,
    "CompressedData": LOGICAL,
    "TransformMatrix": MATRIX,
    "Rotation": MATRIX,
    "Orientation": MATRIX,
    "Offset": TRIPLE,
    "Position": TRIPLE,
    "Origin": TRIPLE,
    "ElementSpacing": TRIPLE,
    "DimSize": r"[1-9]\d{0,8}( [1-9]\d{0,8}){2}",
    "ElementType": "MET_(U?CHAR|U?SHORT|U?INT|FLOAT|DOUBLE)",
}
"""Key -> pattern of its values, of the keys that are handed over."""
ALONE: Mapping[str, str] = {"HeaderSize": "0", "ElementNumberOfChannels": "1"}
"""Key -> its only value that a scan of plain voxels can have; not handed over."""
NEEDED = ("NDims", "DimSize", "ElementSpacing", "ElementType")
VOXELS = "ElementDataFile"


def read_scan(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A scan's voxels (depth, rows, columns), spacing and origin (mm) and the signs of its axes, each in that order.

    Raises:
        DataError: if SimpleITK is missing or cannot read it, it is too large, not three-dimensional, or oblique.
    """
    sitk = simple_itk()
    values = header(path)
    voxels = voxels_beside(path, values.get(VOXELS, ""))
    lines = [f"{key} = {value}" for key, value in checked(values, path).items()]
    with tempfile.TemporaryDirectory() as folder:
        rewritten = Path(folder, "scan.mhd")
        rewritten.write_bytes(os.fsencode("\n".join(["ObjectType = Image", *lines, f"{VOXELS} = {voxels}", ""])))
        reader = sitk.ImageFileReader()
        reader.SetImageIO("MetaImageIO")
        reader.SetFileName(str(rewritten))
        try:
            image = reader.Execute()
        except RuntimeError as error:
            msg = f"Expected a scan, but SimpleITK cannot read {path.name} ({type(error).__name__}). Is its raw or zraw file whole?"
            raise DataError(msg) from None
    direction = np.array(image.GetDirection()).reshape(3, 3)
    diagonal = np.diag(direction)
    if (np.abs(diagonal) < AXIAL).any():
        msg = f"Expected axes along the patient's, but {path.name} is oblique. Resample it, or leave it out."
        raise DataError(msg)
    spacing, origin = np.array(image.GetSpacing())[::-1], np.array(image.GetOrigin())[::-1]
    return sitk.GetArrayFromImage(image), spacing, origin, np.sign(diagonal)[::-1]


def header(path: Path) -> dict[str, str]:
    """Keys and values of a header, with single spaces in the values.

    Raises:
        DataError: for a long header, a line without key and value, or a key given twice.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST_HEADER + 1)
    values: dict[str, str] = {}
    for number, line in enumerate(os.fsdecode(content).splitlines(), 1):
        if not line.strip():
            continue
        key, *value = (part.strip() for part in re.split("[=:]", line, maxsplit=1))
        if len(content) > LARGEST_HEADER or not value or key in values:
            msg = f"Expected a header of keys and values, each key once, but {path.name}, line {number}, is not. Copy it again."
            raise DataError(msg)
        values[key] = " ".join(value[0].split())
    return values


def checked(values: Mapping[str, str], path: Path) -> dict[str, str]:
    """The values to be handed over; keys that say nothing about the voxels and their place are left out.

    Raises:
        DataError: for a missing key, a value of another form, or too many voxels.
    """
    missing = [key for key in NEEDED if key not in values]
    patterns = {**WRITTEN, **ALONE}
    wrong = [key for key in patterns if key in values and not re.fullmatch(patterns[key], values[key], re.ASCII)]
    if missing or wrong:
        words = f"but {missing[0]} is missing" if missing else f"but {wrong[0]} is another"
        msg = f"Expected the header of a scan of three axes, {words} in {path.name}. Convert the scan, or leave it out."
        raise DataError(msg)
    size = tuple(int(number) for number in values["DimSize"].split())
    if math.prod(size) > LARGEST_VOXELS:
        msg = f"Expected a scan of three axes and at most {LARGEST_VOXELS} voxels, but {path.name} has {size}."
        raise DataError(msg)
    return {key: values[key] for key in WRITTEN if key in values}


def voxels_beside(path: Path, name: str) -> Path:
    """The file of voxels that a header names.

    Raises:
        DataError: if it names none, one in another folder, or one that does not exist; if MetaIO would take its path for a
            pattern.
    """
    voxels = path.absolute().with_name(name) if name and Path(name).name == name else None
    if voxels is None or "\\" in name or not voxels.is_file():
        msg = f"Expected the voxels of {path.name} in a file beside it, but it names none that is there. Copy it again."
        raise DataError(msg)
    if "%" in str(voxels) or not str(voxels).isprintable():
        msg = f"Expected a path without percent signs and control characters, but that of {path.name} has one. Rename the folder."
        raise DataError(msg)
    return voxels


def simple_itk() -> Any:  # noqa: ANN401 - a module without annotations
    """The module SimpleITK, its warnings switched off.

    Raises:
        DataError: if it is not installed.
    """
    try:
        import SimpleITK as sitk  # noqa: N813 - its usual abbreviation
    except ModuleNotFoundError:
        msg = 'Expected SimpleITK for the source luna16, but it is not installed. Run pip install "camfolio[luna]".'
        raise DataError(msg) from None
    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # type: ignore[no-untyped-call]  # no annotations
    return sitk
