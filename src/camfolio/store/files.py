"""Atomic file writing, and digests of files."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from camfolio.errors import StoreError

PART = ".part"


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_file(path: Path, content: str) -> None:
    """Write a text file atomically, by renaming a temporary one; a killed run leaves `NAME.*.part`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f"{path.name}.", suffix=PART, delete=False, encoding="utf-8", newline="\n"
    ) as aside:
        aside.write(content)
    Path(aside.name).replace(path)


def file_error(error: OSError) -> StoreError:
    """An operating system error (full disk, missing permission, file instead of folder) as a StoreError."""
    return StoreError(f"Expected files and folders that can be read and written, but got {error}.")
