"""The rooms of the package, read from the first lines of their files: the architecture page is printed from here."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent


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
        docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        path = file.relative_to(root).as_posix().replace("__init__.py", "")
        found.append(Room(path or "camfolio/", docstring.partition("\n\n")[0].replace("\n", " ")))
    return found


def place(file: Path) -> tuple[str, ...]:
    """Sorts a folder's own line before the files in it."""
    return tuple(part.replace("__init__.py", "") for part in file.parts)
