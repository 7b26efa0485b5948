"""Which layout a store has, so that an older version does not take a newer one's results for damaged."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from camfolio.errors import StoreError
from camfolio.store.artefacts import LAYOUT
from camfolio.store.files import replace_file

NUMBER = 1
"""Number of the layout that this version reads and writes."""


def check_layout(root: Path) -> None:
    """Check that no newer version has written to a store.

    Raises:
        StoreError: with both numbers.
    """
    number = written_layout(root / LAYOUT)
    if number > NUMBER:
        msg = (
            f"Expected a store of layout {NUMBER}, but {root} has layout {number}: a newer camfolio wrote it. "
            "Install that version, or give another folder with --store."
        )
        raise StoreError(msg)


def mark_layout(root: Path) -> None:
    """Write the layout's number to a store that has none."""
    if not (root / LAYOUT).exists():
        replace_file(root / LAYOUT, json.dumps({"layout": NUMBER}) + "\n")


def written_layout(file: Path) -> int:
    """The number in a file; 0 if there is none that can be read."""
    with suppress(OSError, ValueError):
        content = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(content, dict) and isinstance(number := content.get("layout"), int):
            return number
    return 0
