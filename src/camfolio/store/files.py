"""Files that are either whole or absent: digests, and writing aside before a rename."""

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
    """Write a text file so that no reader ever sees half of it; a killed run leaves `NAME.*.part` behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f"{path.name}.", suffix=PART, delete=False, encoding="utf-8", newline="\n"
    ) as aside:
        aside.write(content)
    Path(aside.name).replace(path)


def file_error(error: OSError) -> StoreError:
    """What the system says about a file or folder, as a sentence: a full disk, a missing right, a file for a folder."""
    return StoreError(f"Expected files and folders that can be read and written, but got {error}.")
