"""Files below a folder of data; hidden files of operating systems and links to folders are left out and counted."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from camfolio.data.parallel import files_under as every_file
from camfolio.errors import DataError
from camfolio.results.card import Step

SYSTEM_NAMES = {
    "$recycle.bin",
    "@eadir",
    "__macosx",
    "desktop.ini",
    "ehthumbs.db",
    "icon\r",
    "system volume information",
    "thumbs.db",
}
"""Names, in lower case, of files and folders that systems add, besides those that begin with a dot (`._1-001.dcm`, `.DS_Store`)."""


@dataclass(frozen=True)
class Files:
    """Files of a folder at any depth.

    Attributes:
        paths: sorted, without hidden ones.
        hidden: number of hidden files, and of files in hidden folders.
        links: number of links to folders, which are not followed.
    """

    paths: tuple[Path, ...]
    hidden: int = 0
    links: int = 0

    def __add__(self, other: Files) -> Files:
        return Files(self.paths + other.paths, self.hidden + other.hidden, self.links + other.links)

    @property
    def left_out(self) -> tuple[Step, ...]:
        """What was left out, with its count; empty if nothing was."""
        counts = {
            "Hidden files of operating systems, left out": self.hidden,
            "Links to folders, not followed": self.links,
        }
        return tuple(Step(words=words, count=count) for words, count in counts.items() if count)


def files_under(folder: Path) -> Files:
    """Every file at any depth; links to folders are not followed."""
    paths: list[Path] = []
    with suppress(DataError):  # of an empty folder
        paths = every_file(folder)
    shown = [path for path in paths if not any(map(is_hidden, path.relative_to(folder).parts))]
    links = sum(Path(parent, name).is_symlink() for parent, folders, _ in os.walk(folder) for name in folders)
    return Files(tuple(shown), len(paths) - len(shown), links)


def data_files(folder: Path) -> Files:
    """The same of `data.path`.

    Raises:
        DataError: if there is no file that is not hidden.
    """
    files = files_under(folder)
    if not files.paths:
        found = "has only hidden ones" if files.hidden else "has only links to folders" if files.links else "is empty"
        msg = f"Expected files in the folder of data.path, but it {found}. Check the path."
        raise DataError(msg)
    return files


def is_hidden(name: str) -> bool:
    """Whether a file or folder is one that a system adds.

    >>> [is_hidden(name) for name in ("._1-001.dcm", "Thumbs.db", "1-001.dcm")]
    [True, True, False]
    """
    return name.startswith(".") or name.lower() in SYSTEM_NAMES
