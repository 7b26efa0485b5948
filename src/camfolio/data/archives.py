"""Safe reading of npz files: nothing is unpickled or extracted, and only what slices can be is unpacked."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from camfolio.errors import DataError

LARGEST_PIXELS = 1 << 29
"""Of all slices together: half a million of 32 x 32 pixels, or 2 GiB in the form in which they are used."""
LONGEST_ENTRY = 4 << 10
"""Bytes per slice of arrays without pixels: ids have up to a thousand characters."""
CHUNK = 1 << 20
LARGEST_HEADER = 10_000


@dataclass(frozen=True)
class Member:
    """An array of an npz file that is not read yet.

    Attributes:
        file: its name in the zip file.
        shape, dtype: as its header says.
        fortran: whether its first index varies fastest.
    """

    file: str
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]


Members = Mapping[str, Member]


def read_npz(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    check: Callable[[Members], None] = lambda _: None,
    as_float32: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """The `required` arrays, and the `optional` ones that exist; no other is read.

    Args:
        path: the file.
        required: names of arrays.
        optional: names of further arrays.
        check: raises a DataError for types and shapes that the source does not take; called before anything is unpacked.
        as_float32: arrays of numbers that are converted while they are read, so that they are in memory once.

    Raises:
        DataError: if the file is no npz of plain arrays, lacks a required one, or holds more than slices can be.
    """
    with careful(path), zipfile.ZipFile(path) as archive:
        present = set(archive.namelist())
        members = {name: member_of(archive, name) for name in (*required, *optional) if f"{name}.npy" in present}
        missing = [name for name in required if name not in members]
        if missing:
            msg = f"Expected the arrays {', '.join(required)} in {path.name}, but {', '.join(missing)} is missing."
            raise DataError(msg)
        check(members)
        for name, member in members.items():
            check_size(name, member, path)
        kinds = {name: np.dtype(np.float32) if name in as_float32 else member.dtype for name, member in members.items()}
        return {name: array_of(archive, member, kinds[name]) for name, member in members.items()}


@contextmanager
def careful(path: Path) -> Iterator[None]:
    """Turn any error of numpy and zipfile into a DataError.

    Raises:
        DataError: for every exception.
    """
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - files that are damaged, encrypted or no npz raise a dozen types of exceptions
        reason = str(error) or type(error).__name__
        msg = f"Expected an npz file with plain arrays, but got {reason} for {path.name}. Write it with numpy.savez."
        raise DataError(msg) from None


def member_of(archive: zipfile.ZipFile, name: str) -> Member:
    """An array's type and shape, which fit the size of its file.

    Raises:
        ValueError: if they do not, or if it holds objects.
    """
    with archive.open(f"{name}.npy") as opened:
        shape, fortran, dtype = header(opened)
        start = opened.tell()
    if dtype.hasobject:
        msg = "Object arrays"
        raise ValueError(msg)
    size = archive.getinfo(f"{name}.npy").file_size
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != size - start:
        msg = f"an array {name} of an inconsistent size"
        raise ValueError(msg)
    return Member(f"{name}.npy", shape, dtype, fortran)


def header(opened: Any) -> tuple[tuple[int, ...], bool, np.dtype]:  # noqa: ANN401 - a file of zipfile, whose class the type checker does not know
    """Shape, order and type of an array from the first bytes of its file."""
    read = np.lib.format.read_array_header_1_0
    if np.lib.format.read_magic(opened) > (1, 0):
        read = np.lib.format.read_array_header_2_0
    return read(opened, max_header_size=LARGEST_HEADER)


def check_size(name: str, member: Member, path: Path) -> None:
    """Check that an array is not larger than slices can be.

    Raises:
        DataError: if it is.
    """
    flat = member.ndim < 3  # noqa: PLR2004 - slices or volumes have rows and columns
    each = member.dtype.itemsize * math.prod(member.shape[1:])
    if math.prod(member.shape) > LARGEST_PIXELS or (flat and each > LONGEST_ENTRY):
        msg = (
            f"Expected at most {LARGEST_PIXELS} pixels and short ids, but got {name} of {member.dtype} {member.shape} "
            f"in {path.name}. Split the file."
        )
        raise DataError(msg)


def array_of(archive: zipfile.ZipFile, member: Member, dtype: np.dtype) -> np.ndarray:
    """An array in a type, converted in chunks while it is unpacked."""
    flat = np.empty(math.prod(member.shape), dtype)
    with archive.open(member.file) as opened, np.errstate(over="ignore"):
        header(opened)
        for start in range(0, len(flat), CHUNK):
            part = flat[start : start + CHUNK]
            part[:] = np.frombuffer(opened.read(len(part) * member.dtype.itemsize), member.dtype)
    return flat.reshape(member.shape, order="F" if member.fortran else "C")
