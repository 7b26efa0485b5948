"""Which processes use a store, so that `camfolio clean` deletes nothing that a build, a server or an export still reads.

Users share a lock on one file of the store, which the system frees when they end, however they end. Windows has no lock
that several processes share; there only results that are being computed are protected.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from camfolio.errors import StoreError
from camfolio.store.private import private_folder

if sys.platform != "win32":
    import fcntl

FILE = Path(".locks", "in-use.lock")
_held: dict[Path, int] = {}


def use(root: Path) -> None:
    """Count this process among the users of a store until it ends; waits while another process deletes results there.

    A store that cannot be written is used without: nothing is deleted there, either.
    """
    place = root.resolve()
    if sys.platform == "win32" or (place in _held and os.fstat(_held[place]).st_nlink):
        return
    release(root)
    with suppress(OSError):
        _held[place] = locked(root / FILE, fcntl.LOCK_SH)


def release(root: Path) -> None:
    """Count this process no longer among the users of a store."""
    if (descriptor := _held.pop(root.resolve(), None)) is not None:
        os.close(descriptor)


def release_all() -> None:
    """The same for all stores."""
    for root in list(_held):
        release(root)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Context in which no other process uses a store, and this one is not among its users, either.

    Raises:
        StoreError: if another process uses it.
    """
    if sys.platform == "win32":
        yield
        return
    release(root)
    try:
        descriptor = locked(root / FILE, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        msg = (
            f"Expected a store that no other process uses, but a build, a server or an export of {root} is running. "
            "Wait until it has ended, or end it; nothing was deleted."
        )
        raise StoreError(msg) from None
    try:
        yield
    finally:
        os.close(descriptor)


def locked(file: Path, how: int) -> int:
    """An open file with a lock, created if necessary."""
    private_folder(file.parent)
    while True:
        descriptor = os.open(file, os.O_CREAT | (os.O_RDWR if how & fcntl.LOCK_EX else os.O_RDONLY), 0o600)
        try:
            fcntl.flock(descriptor, how)
        except OSError:
            os.close(descriptor)
            raise
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # deleted while this process waited
