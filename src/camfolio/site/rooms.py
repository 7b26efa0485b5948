"""Modules of the package with the first sentence of their docstrings, for the page Architecture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
READING_ORDER = (
    "study",
    "pipeline",
    "store",
    "results",
    "data",
    "network",
    "explanation",
    "evidence",
    "statistics",
    "stages",
    "figures",
    "raster",
    "site",
    "mkdocs",
    "commands",
)
"""Folders of the package in the order of the data, from the study file to the site."""
# The first paragraph of a module's docstring, by a regular expression: parsing all modules would take a fifth of a warm build.
OPENING = re.compile(r'"""(?P<sentence>.*?)(?:\n\n|""")', re.DOTALL)


@dataclass(frozen=True)
class Room:
    """One module, or a folder for its `__init__.py`: its path in the package, and the first sentence of its docstring."""

    path: str
    sentence: str

    @property
    def depth(self) -> int:
        """Number of folders above it."""
        return self.path.count("/")


def rooms(root: Path = ROOT) -> list[Room]:
    """All modules of the package: folders in reading order, then the modules at its top."""
    listed = []
    for file in sorted(root.rglob("*.py"), key=lambda file: sorting_key(file.relative_to(root))):
        opening = OPENING.match(file.read_text(encoding="utf-8"))
        sentence = opening["sentence"] if opening else ""
        path = file.relative_to(root).as_posix().replace("__init__.py", "")
        listed.append(Room(path or "camfolio/", " ".join(sentence.split())))
    return listed


def sorting_key(file: Path) -> tuple[int, tuple[str, ...]]:
    """The package comes first, then folders in reading order, each before its files, then modules at the top."""
    parts = tuple(part.replace("__init__.py", "") for part in file.parts)
    if parts == ("",):
        return -1, parts
    return READING_ORDER.index(parts[0]) if parts[0] in READING_ORDER else len(READING_ORDER), parts
