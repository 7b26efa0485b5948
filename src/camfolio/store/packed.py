"""A result in one zip file that travels: equal files give equal bytes, and nothing is read that its digest does not confirm."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from camfolio.errors import StoreError
from camfolio.store.files import PART, sync

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every entry, the earliest of the format."""
CHUNK = 2**20


def pack(folder: Path, names: Mapping[str, str], file: Path) -> None:
    """Write the named files of a folder to one file, atomically."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(file.name + PART)
    with zipfile.ZipFile(aside, "w") as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_LZMA
            with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, CHUNK)
    sync(aside)
    aside.replace(file)
    sync(file.parent)


def unpack(file: Path, outputs: Mapping[str, str], folder: Path) -> None:
    """Write the files of a packed result to a folder.

    Args:
        file: from `pack`.
        outputs: the files that it must contain, and no others, with their digests.
        folder: exists and is empty.

    Raises:
        StoreError: for the first file that is missing or has another digest.
    """
    if not file.is_file():
        msg = f"Expected the packed result {file}, but it is not there."
        raise StoreError(msg)
    try:
        with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
            if set(archive.namelist()) != set(outputs):
                wanted, actual = (", ".join(sorted(names)) for names in (outputs, archive.namelist()))
                msg = f"Expected {wanted} in {file}, but got {actual}."
                raise StoreError(msg)
            for name, digest in outputs.items():
                if copied_digest(archive, name, folder / name) != digest:
                    msg = f"Expected {name} in {file} with the digest {digest[:12]}, but got other bytes."
                    raise StoreError(msg)
    except DAMAGED as error:
        msg = f"Expected a packed result, but {file} cannot be read: {error}."
        raise StoreError(msg) from error


DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ImportError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What reading a damaged or foreign zip file raises, or a Python without its compression."""


def copied_digest(archive: zipfile.ZipFile, name: str, target: Path) -> str:
    """Copy one entry to a file and return the SHA-256 of its bytes."""
    import lzma  # not every Python has it

    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(name) as source, target.open("wb") as copy:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
    except lzma.LZMAError as error:
        raise EOFError(str(error)) from error
    return digest.hexdigest()
