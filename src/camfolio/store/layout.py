"""Which layout a store has, so that an older version does not take a newer one's results for damaged."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path

from camfolio.errors import StoreError
from camfolio.store.artefacts import LAYOUT
from camfolio.store.files import MAKE_WRITABLE, REMEDIES, replace_file
from camfolio.store.private import keep_from_others

NUMBER = 1
"""Number of the layout that this version reads and writes."""


def check_layout(root: Path) -> None:
    """Check that a store is a folder, if it exists, and that no newer version has written to it.

    Raises:
        StoreError: with what it is instead, or with both numbers.
    """
    if root.is_symlink() and not root.exists():
        msg = (
            f"Expected a folder of results, but {root} is a link to {root.readlink()}, which does not exist. "
            "Create that folder, or give another one with --store."
        )
        raise StoreError(msg)
    if root.exists() and not root.is_dir():
        msg = f"Expected a folder of results, but {root} is a file. Give a folder with --store."
        raise StoreError(msg)
    number = written_layout(root / LAYOUT)
    if number > NUMBER:
        msg = (
            f"Expected a store of layout {NUMBER}, but {root} has layout {number}: a newer camfolio wrote it. "
            "Install that version, or give another folder with --store."
        )
        raise StoreError(msg)


def mark_layout(root: Path) -> None:
    """Write the layout's number to a store that has none, and close it to others, before results are written to it.

    Raises:
        StoreError: if nothing can be written to the store.
    """
    try:
        if (root / LAYOUT).exists():
            keep_from_others(root)
            with tempfile.TemporaryFile(dir=root):
                return
        replace_file(root / LAYOUT, json.dumps({"layout": NUMBER}) + "\n")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        remedy = REMEDIES.get(error.errno or 0, MAKE_WRITABLE)
        msg = f"Expected a store that missing results can be written to, but got {reason!r} for {root}. {remedy}"
        raise StoreError(msg) from None


def written_layout(file: Path) -> int:
    """The number in a file; 0 if there is none that can be read."""
    with suppress(OSError, ValueError):
        content = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(content, dict) and isinstance(number := content.get("layout"), int):
            return number
    return 0
