"""Arrays out of npz files from anywhere: nothing is unpickled, nothing is extracted, nothing grows beyond a limit."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from camfolio.errors import DataError

LARGEST_BYTES = 8 << 30
"""Of all arrays together, unpacked; a few kilobytes of zip can claim to be any size."""
UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    TypeError,
    RuntimeError,
    MemoryError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What numpy and zipfile raise for a file that is no npz, is cut short, damaged, encrypted or pickled, or lies about a size."""


def read_npz(path: Path, needed: Sequence[str], wanted: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The arrays `needed`, and those of `wanted` that are there; no other is read.

    Raises:
        DataError: if the file is no npz of plain arrays, lacks a needed one, or unpacks to more than 8 GiB.
    """
    names = (*needed, *wanted)
    try:
        check_size(path, names)
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            found = {name: file[name] for name in names if name in file.files}
    except UNREADABLE as error:
        reason = str(error) or type(error).__name__
        msg = f"Expected an npz file with plain arrays, but got {reason} for {path.name}. Write it with numpy.savez."
        raise DataError(msg) from None
    arrays = {name: array for name, array in found.items() if isinstance(array, np.ndarray)}
    missing = [name for name in needed if name not in arrays]
    if missing:
        msg = f"Expected the arrays {', '.join(needed)} in {path.name}, but {', '.join(missing)} is missing."
        raise DataError(msg)
    return arrays


def check_size(path: Path, names: Sequence[str]) -> None:
    """The members that will be read do not unpack to more than the limit.

    Raises:
        DataError: if they do.
        OSError, zipfile.BadZipFile: if the file is no zip.
    """
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist() if member.filename.removesuffix(".npy") in names)
    if size > LARGEST_BYTES:
        msg = f"Expected at most {LARGEST_BYTES >> 30} GiB of arrays, but {path.name} unpacks to {size >> 30} GiB. Split it."
        raise DataError(msg)
