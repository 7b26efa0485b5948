"""Parallel map over files on all processors, in order, with reports of progress; unreadable files are counted or stop it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from camfolio.errors import DataError
from camfolio.processes import end_with
from camfolio.progress import tracked

FEW = 200
"""Up to so many items, starting processes takes longer than the work."""
CHUNKS_PER_PROCESS = 16
log = logging.getLogger("camfolio")
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Refused:
    """The result for an item that cannot be read: a sentence with the reason."""

    sentence: str


@dataclass
class Tolerance:
    """Policy for items that cannot be read: stop, or skip and count them by reason."""

    on_error: Literal["stop", "skip"] = "stop"
    skipped: Counter[str] = field(default_factory=Counter)

    def refuse(self, error: DataError, reason: str) -> None:
        """Raise the error, or log and count it.

        Raises:
            DataError: the error, unless items are skipped.
        """
        if self.on_error == "stop":
            msg = f"{error} Or set on_error: skip."
            raise DataError(msg)
        log.warning("skipped: %s", error)
        self.skipped[reason] += 1


def spread(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    description: str,
    tolerance: Tolerance,
    *,
    reason: str,
    few: int = FEW,
) -> Iterator[Result]:
    """Results of a function in the order of the items, without those for which it raised a DataError.

    Args:
        function: a module-level function, which can be pickled.
        items: its arguments.
        description: what the items are, for reports of progress.
        tolerance: policy for items that cannot be read.
        reason: under which they are counted.
        few: up to so many items are processed in this process.

    Raises:
        DataError: for the first item that cannot be read, unless skipped.
    """
    with closing(outcomes(partial(attempt, function), items, few)) as results:
        for outcome in tracked(results, len(items), description):
            if isinstance(outcome, Refused):
                tolerance.refuse(DataError(outcome.sentence), reason)
            else:
                yield outcome


def outcomes(function: Callable[[Item], Result], items: Sequence[Item], few: int) -> Generator[Result, None, None]:
    """The function over the items, in this process or on all processors; only a few chunks of results are buffered."""
    processes = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(items) <= few or processes == 1:
        yield from map(function, items)
        return
    size = max(1, min(64, len(items) // (processes * CHUNKS_PER_PROCESS)))
    fresh = multiprocessing.get_context("spawn")  # forking a process with threads may deadlock
    with ProcessPoolExecutor(processes, mp_context=fresh, initializer=end_with_parent) as pool:
        try:
            yield from pool.map(function, items, chunksize=size)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def attempt(function: Callable[[Item], Result], item: Item) -> Result | Refused:
    """The result of a function, or its DataError as a value that can be sent between processes."""
    try:
        return function(item)
    except DataError as error:
        return Refused(str(error))


def end_with_parent() -> None:
    """Have this process end when its parent ends: by the system where it can, else by a thread, which a long call of a library delays."""
    parent = multiprocessing.parent_process()
    if parent is None or (parent.pid is not None and end_with(parent.pid)):
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def files_under(folder: Path) -> list[Path]:
    """Every file at any depth, sorted; links to folders are not followed.

    Raises:
        DataError: if there are none.
    """
    files = sorted(Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    if not files:
        msg = "Expected files in the folder of data.path, but it is empty. Check the path."
        raise DataError(msg)
    return files
