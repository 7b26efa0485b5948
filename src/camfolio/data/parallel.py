"""Many files at once: a function over a list on all processors, in order, with a progress bar; refusals are counted."""

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
from camfolio.progress import tracked

FEW = 200
"""Below so many items starting processes takes longer than the work."""
CHUNKS_PER_PROCESS = 16
log = logging.getLogger("camfolio")
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Refused:
    """What became of an item that could not be read: the sentence that says why."""

    sentence: str


@dataclass
class Tolerance:
    """What to do about what cannot be read: stop at once, or count it under its reason and go on."""

    on_error: Literal["stop", "skip"] = "stop"
    skipped: Counter[str] = field(default_factory=Counter)

    def refuse(self, error: DataError, reason: str) -> None:
        """Raise the error, or write it to the log and count it.

        Raises:
            DataError: the error itself, unless it is to be skipped.
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
    """Results of a function in the order of the items, without those that it refused with a DataError.

    Args:
        function: a plain function of a module, so that other processes find it.
        items: what it is called with, one by one.
        description: of the progress bar.
        tolerance: decides about refusals.
        reason: under which they are counted.
        few: up to so many items stay in this process.

    Raises:
        DataError: the first refusal, unless tolerated.
    """
    with closing(outcomes(partial(attempt, function), items, few)) as found:
        for outcome in tracked(found, len(items), description):
            if isinstance(outcome, Refused):
                tolerance.refuse(DataError(outcome.sentence), reason)
            else:
                yield outcome


def outcomes(function: Callable[[Item], Result], items: Sequence[Item], few: int) -> Generator[Result, None, None]:
    """The function over the items, here or on all processors; only a few chunks of results wait at any time."""
    processes = os.cpu_count() or 1
    if len(items) <= few or processes == 1:
        yield from map(function, items)
        return
    size = max(1, min(64, len(items) // (processes * CHUNKS_PER_PROCESS)))
    fresh = multiprocessing.get_context("spawn")  # a copy of a process with threads may hang
    with ProcessPoolExecutor(processes, mp_context=fresh, initializer=end_with_parent) as pool:
        try:
            yield from pool.map(function, items, chunksize=size)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def attempt(function: Callable[[Item], Result], item: Item) -> Result | Refused:
    """A refusal as a value, which goes through to the other process."""
    try:
        return function(item)
    except DataError as error:
        return Refused(str(error))


def end_with_parent() -> None:
    """Let this process stop when the one that started it is gone, however it ended."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def files_under(folder: Path) -> list[Path]:
    """Every file at any depth, by name; links to folders are not followed.

    Raises:
        DataError: if there is none.
    """
    found = sorted(Path(place, name) for place, _, names in os.walk(folder) for name in names)
    if not found:
        msg = "Expected files in the folder of data.path, but it is empty. Check the path."
        raise DataError(msg)
    return found
