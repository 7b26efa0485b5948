"""Safe reading of npz files: nothing is unpickled or extracted, and the unpacked size is limited."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from camfolio.errors import DataError

LARGEST_BYTES = 8 << 30
"""Of all arrays together, unpacked; a zip file of a few kilobytes can unpack to any size."""
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
"""What numpy and zipfile raise for a file that is no npz, truncated, damaged, encrypted or pickled, or of inconsistent size."""


def read_npz(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The `required` arrays, and the `optional` ones that exist; no other is read.

    Raises:
        DataError: if the file is no npz of plain arrays, lacks a required one, or unpacks to more than 8 GiB.
    """
    names = (*required, *optional)
    try:
        check_size(path, names)
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            members = {name: file[name] for name in names if name in file.files}
    except UNREADABLE as error:
        reason = str(error) or type(error).__name__
        msg = f"Expected an npz file with plain arrays, but got {reason} for {path.name}. Write it with numpy.savez."
        raise DataError(msg) from None
    arrays = {name: array for name, array in members.items() if isinstance(array, np.ndarray)}
    missing = [name for name in required if name not in arrays]
    if missing:
        msg = f"Expected the arrays {', '.join(required)} in {path.name}, but {', '.join(missing)} is missing."
        raise DataError(msg)
    return arrays


def check_size(path: Path, names: Sequence[str]) -> None:
    """Check that the members to be read unpack to no more than the limit.

    Raises:
        DataError: if they unpack to more.
        OSError, zipfile.BadZipFile: if the file is not a zip file.
    """
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist() if member.filename.removesuffix(".npy") in names)
    if size > LARGEST_BYTES:
        msg = f"Expected at most {LARGEST_BYTES >> 30} GiB of arrays, but {path.name} unpacks to {size >> 30} GiB. Split it."
        raise DataError(msg)
