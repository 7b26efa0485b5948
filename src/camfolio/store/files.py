"""Atomic file writing, and digests of files."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from camfolio.errors import StoreError
from camfolio.store.private import ONLY_ME, private_folder

PART = ".part"
FREE_SPACE = "Free space there, or give another folder with --store; finished results are kept."
MAKE_WRITABLE = "Make it writable, or give another folder with --store."
REMEDIES = {
    errno.ENOSPC: FREE_SPACE,
    errno.EDQUOT: FREE_SPACE,
    errno.EFBIG: FREE_SPACE,
    errno.EROFS: MAKE_WRITABLE,
}
"""Error number of the operating system -> what to do."""
ROOM = 2**20
"""Bytes on a disk that is not full."""
NUMBERED = re.compile(r"\(os error (\d+)\)")
"""How libraries that are written in Rust, such as safetensors, say the number."""


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_file(path: Path, content: str, *, durable: bool = False) -> None:
    """Write a text file atomically, by renaming a temporary one; a killed run leaves `NAME.*.part`.

    Args:
        path: the file; its folder is created if necessary, for this user only.
        content: the text.
        durable: it is on the disk before it has its name, so that a power failure leaves the old or the new content.
    """
    private_folder(path.parent)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f"{path.name}.", suffix=PART, delete=False, encoding="utf-8", newline="\n"
    ) as aside:
        pass
    try:
        Path(aside.name).write_text(content, encoding="utf-8", newline="\n")
        if durable:
            sync(Path(aside.name))
        Path(aside.name).replace(path)
        if durable:
            sync(path.parent)
    except OSError:
        Path(aside.name).unlink(missing_ok=True)
        raise


def settle(folder: Path) -> None:
    """Have the system write all files of a folder to the disk, so that a power failure leaves no half of them under its final name.

    Only this user may read them then, whatever the umask: they may hold grey values of patients.
    """
    for path in (*folder.rglob("*"), folder):
        if path.is_file() or path.is_dir():
            if not path.is_symlink():
                path.chmod(ONLY_ME if path.is_dir() else ONLY_ME & ~0o111)
            sync(path)


def sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    if os.name == "nt" and path.is_dir():  # Windows opens no folders
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_cache(path: Path, content: str) -> None:
    """The same for a file that can be computed again: where nothing can be written, it is not."""
    with suppress(OSError):
        replace_file(path, content)


def cached_json(file: Path | None, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON value
    """The value in a cache file; if it is not as it was written, it is computed, and written where that is possible. None: nothing is kept."""
    if file is None:
        return json.loads(json.dumps(make()))
    if (found := read_cache(file)) is None:
        found = json.loads(json.dumps(make()))
        write_cache(file, found)
    return found


def write_cache(file: Path, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write a value that can be computed again, with its digest; where nothing can be written, it is not."""
    content = json.dumps(value)
    digest = hashlib.sha256(content.encode()).hexdigest()
    replace_cache(file, f'{{"sha256": "{digest}", "value": {content}}}')


def read_cache(file: Path) -> Any:  # noqa: ANN401 - any JSON value
    """The value that `write_cache` wrote; None if it cannot be read or does not have its digest, so that no damage is used."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        digest = hashlib.sha256(json.dumps(kept["value"]).encode()).hexdigest()
        return kept["value"] if digest == kept["sha256"] else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def file_error(error: OSError, folder: Path | None = None) -> StoreError:
    """An operating system error (full disk, missing permission, file instead of folder) as a StoreError.

    Args:
        error: of the system.
        folder: where it occurred, if the error itself does not name a file.
    """
    if folder and error.errno is None and shutil.disk_usage(folder).free < ROOM:  # numpy: "9 requested and 4 written"
        error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if error.errno and error.filename is None and folder:
        error = OSError(error.errno, error.strerror, str(folder))
    remedy = REMEDIES.get(error.errno or 0, "")
    return StoreError(f"Expected files and folders that can be read and written, but got {error}. {remedy}".rstrip())


def system_error(error: BaseException | None) -> OSError | None:
    """The error of a full or read-only disk that an error of a library comes from; None if it comes from no such."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in REMEDIES:
            return error
        if (found := NUMBERED.search(str(error))) and (number := int(found[1])) in REMEDIES:
            return OSError(number, os.strerror(number))
        error = error.__cause__ or error.__context__
    return None
