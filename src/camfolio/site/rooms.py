"""The rooms of the package, read from the first lines of their files: the architecture page is printed from here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
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
    """All modules of the package in the order of their paths; a package stands for its folder."""
    found = []
    for file in sorted(root.rglob("*.py"), key=place):
        opening = OPENING.match(file.read_text(encoding="utf-8"))
        sentence = opening["sentence"] if opening else ""
        path = file.relative_to(root).as_posix().replace("__init__.py", "")
        found.append(Room(path or "camfolio/", " ".join(sentence.split())))
    return found


def place(file: Path) -> tuple[str, ...]:
    """Sorts a folder's own line before the files in it."""
    return tuple(part.replace("__init__.py", "") for part in file.parts)
