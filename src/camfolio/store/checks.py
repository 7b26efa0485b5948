"""Whether the files of a result still have the bytes with which it was finished, remembered by size and times."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import time_ns

from camfolio.store.files import file_digest, write_cache
from camfolio.store.inputs import SETTLED_NS, Known, read_known, stamp_of


class Checks:
    """Compares files with digests, and reads only those that have changed since they were last compared.

    Args:
        memory: the file that remembers; one that cannot be read or written costs time only.
    """

    def __init__(self, memory: Path) -> None:
        self.memory = memory
        self.known: Known | None = None
        self.changed = False

    def damage(self, folder: Path, outputs: Mapping[str, str]) -> str:
        """Which file of a folder has not the bytes that it should have, in words; empty if all have.

        Args:
            folder: holds the files.
            outputs: name of a file -> SHA-256 of its bytes.
        """
        for name, digest in outputs.items():
            try:
                actual = self.digest(folder, name)
            except OSError:
                return f"{name} is missing"
            if actual != digest:
                return f"{name} has other bytes"
        return ""

    def digest(self, folder: Path, name: str) -> str:
        """SHA-256 of the bytes of a file in the folder of a result.

        Raises:
            OSError: if there is no such file.
        """
        known, file = self.remembered(), folder / name
        if not file.is_file():  # a pipe could be read for ever
            raise FileNotFoundError(file)
        place, stamp = f"{folder.parent.name}/{folder.name}/{name}", stamp_of(file)
        if place in known and known[place][0] == stamp:
            return known[place][1]
        digest = file_digest(file)
        if abs(time_ns() - max(stamp[1:])) > SETTLED_NS:
            known[place] = stamp, digest
            self.changed = True
        return digest

    def remembered(self) -> Known:
        """What is remembered of each file: stamp and digest."""
        if self.known is None:
            self.known = read_known(self.memory)
        return self.known

    def remember(self) -> None:
        """Write what is new, where that is possible."""
        if self.changed:
            write_cache(self.memory, self.known)
            self.changed = False
