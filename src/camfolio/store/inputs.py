"""Digests of files and folders outside the store, remembered by size and times, so that a warm survey reads none of them.

A file counts as unchanged while its size and both of its times (of its content and of its entry) are the same to the
nanosecond; one that changed within the last two seconds is not remembered: another change might get the same times.
The memory of each input is one file; its name and the names in it are digests: no path of the user's is kept.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import time_ns

from camfolio.errors import StoreError
from camfolio.store.files import file_digest, replace_file

SETTLED_NS = 2_000_000_000
MANY = 500
log = logging.getLogger("camfolio")
Known = dict[str, tuple[list[int], str]]
"""Hidden name inside the input -> size and times, digest."""


class InputReader:
    """Digests of inputs.

    Args:
        memory: the folder that remembers; what is unreadable in it is read again.
    """

    def __init__(self, memory: Path) -> None:
        self.memory = memory
        self.read: dict[Path, str] = {}

    def digest(self, path: Path) -> str:
        """SHA-256 of a file's bytes, or of the names and digests of all files in a folder; read once per reader."""
        if path not in self.read:
            self.read[path] = self.digest_now(path)
        return self.read[path]

    def digest_now(self, path: Path) -> str:
        """The same, with every file looked at again."""
        remembered = self.memory / f"{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:20]}.json"
        known, paths = read_known(remembered), dict(files_of(path))
        files = {hidden(name): file for name, file in paths.items()}
        stamps = {name: stamp_of(file) for name, file in files.items()}
        changed = [name for name, stamp in stamps.items() if name not in known or known[name][0] != stamp]
        if len(changed) >= MANY:
            log.info("reading %d files to see whether they changed", len(changed))
        fresh = dict(zip(changed, digests([files[name] for name in changed]), strict=True))
        found = {name: fresh.get(name) or known[name][1] for name in files}
        settled = {name for name, stamp in stamps.items() if max(stamp[1:]) < time_ns() - SETTLED_NS}
        kept = {name: (stamps[name], found[name]) for name in files if name in settled}
        if kept != known:
            replace_file(remembered, json.dumps(kept))
        if not path.is_dir():
            return found[hidden("")]
        lines = [f"{name}\0{found[hidden(name)]}\n" for name in sorted(paths)]
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def files_of(path: Path) -> Iterator[tuple[str, Path]]:
    """Every file under a folder by its name inside it, or the one file under an empty name; folders' links are not followed.

    Raises:
        StoreError: if there is neither.
    """
    if path.is_dir():
        for folder, _, names in os.walk(path):
            for name in names:
                file = Path(folder, name)
                if file.is_file():
                    yield file.relative_to(path).as_posix(), file
    elif path.is_file():
        yield "", path
    else:
        msg = f"Expected a file or folder, but there is none at {path}. It was there a moment ago."
        raise StoreError(msg)


def hidden(name: str) -> str:
    """A file's name as it is remembered: a digest, since it may be a patient's."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def digests(files: Sequence[Path]) -> list[str]:
    """Digests of many files, with a thread per processor."""
    if len(files) <= 1:
        return [file_digest(file) for file in files]
    from concurrent.futures import ThreadPoolExecutor  # a warm survey has no use for it

    with ThreadPoolExecutor() as threads:
        return list(threads.map(file_digest, files))


def stamp_of(file: Path) -> list[int]:
    """Size, time of the content's last change, time of the entry's."""
    known = file.stat()
    return [known.st_size, known.st_mtime_ns, known.st_ctime_ns]


def read_known(file: Path) -> Known:
    """What earlier runs wrote down, or nothing."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return {name: (stamp, digest) for name, (stamp, digest) in entries.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
