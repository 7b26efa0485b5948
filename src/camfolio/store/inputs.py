"""Digests of files and folders outside the store, cached by size and times, so that a warm survey reads none of them.

A file counts as unchanged while its size and both of its times (mtime and ctime, in nanoseconds) are the same. A file
that changed within the last two seconds is not cached, since another change might get the same times. There is one
cache file per input; its name and the names in it are digests, so that no path is stored.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import time_ns

from camfolio.errors import StoreError
from camfolio.store.files import file_digest, read_cache, write_cache

SETTLED_NS = 2_000_000_000
MANY = 500
log = logging.getLogger("camfolio")
Known = dict[str, tuple[list[int], str]]
"""Hidden name inside the input -> size and times, digest."""


class InputReader:
    """Digests of inputs.

    Args:
        memory: the folder of cache files; an unreadable one is computed again.
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
        """The same, with size and times of every file checked again."""
        cache = self.memory / f"{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:20]}.json"
        known, paths = read_known(cache), dict(files_of(path))
        files = {hidden(name): file for name, file in paths.items()}
        stamps = {name: stamp_of(file) for name, file in files.items()}
        changed = [name for name, stamp in stamps.items() if name not in known or known[name][0] != stamp]
        if len(changed) >= MANY:
            log.info("reading %d files to see whether they changed", len(changed))
        fresh = dict(zip(changed, digests([files[name] for name in changed]), strict=True))
        current = {name: fresh.get(name) or known[name][1] for name in files}
        settled = {name for name, stamp in stamps.items() if max(stamp[1:]) < time_ns() - SETTLED_NS}
        kept = {name: (stamps[name], current[name]) for name in files if name in settled}
        if kept != known:
            write_cache(cache, kept)
        if not path.is_dir():
            return current[hidden("")]
        lines = [f"{name}\0{current[hidden(name)]}\n" for name in sorted(paths)]
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def files_of(path: Path) -> Iterator[tuple[str, Path]]:
    """Every file under a folder by its relative path, or a single file under an empty name; links to folders are not followed.

    Raises:
        StoreError: if the path does not exist.
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
        msg = f"Expected a file or folder, but there is none at {path}. It was deleted a moment ago."
        raise StoreError(msg)


def hidden(name: str) -> str:
    """A file's name in the cache: a digest, since the name may identify a patient."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def digests(files: Sequence[Path]) -> list[str]:
    """Digests of many files, in parallel threads."""
    if len(files) <= 1:
        return [file_digest(file) for file in files]
    from concurrent.futures import ThreadPoolExecutor  # not needed in a warm survey

    with ThreadPoolExecutor() as threads:
        return list(threads.map(file_digest, files))


def stamp_of(file: Path) -> list[int]:
    """Size, mtime and ctime of a file, times in nanoseconds."""
    status = file.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def read_known(file: Path) -> Known:
    """The entries of a cache file; empty if it cannot be read."""
    try:
        return {name: (stamp, digest) for name, (stamp, digest) in read_cache(file).items()}
    except (ValueError, TypeError, AttributeError):
        return {}
