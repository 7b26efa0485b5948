"""The rooms of the package, read from the first lines of their files: the architecture page is printed from here."""

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
# The first paragraph of a module's docstring; parsing eighty files for it would take a fifth of a warm build.
OPENING = re.compile(r'"""(?P<sentence>.*?)(?:\n\n|""")', re.DOTALL)


@dataclass(frozen=True)
class Room:
    """One module: its path inside the package, and the first sentence of its docstring."""

    path: str
    sentence: str

    @property
    def depth(self) -> int:
        """How many folders it stands in."""
        return self.path.count("/")


def rooms(root: Path = ROOT) -> list[Room]:
    """All modules of the package, folders in reading order and modules at the top last; a package stands for its folder."""
    found = []
    for file in sorted(root.rglob("*.py"), key=lambda file: place(file.relative_to(root))):
        opening = OPENING.match(file.read_text(encoding="utf-8"))
        sentence = opening["sentence"] if opening else ""
        path = file.relative_to(root).as_posix().replace("__init__.py", "")
        found.append(Room(path or "camfolio/", " ".join(sentence.split())))
    return found


def place(file: Path) -> tuple[int, tuple[str, ...]]:
    """Sorts the package first, then folders in reading order, each before the files in it, then modules at the top."""
    parts = tuple(part.replace("__init__.py", "") for part in file.parts)
    if parts == ("",):
        return -1, parts
    return READING_ORDER.index(parts[0]) if parts[0] in READING_ORDER else len(READING_ORDER), parts
