"""Progress bars on a terminal, with the estimated time left; none if standard error is not a terminal.

They replace Lightning's bars, which estimate the time left in the epoch only and fill a log file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Item = TypeVar("Item")


def make_bar() -> Progress:
    """A bar on standard error: description, progress, time elapsed, time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
    return Progress(*columns, TimeRemainingColumn(), console=Console(file=sys.stderr), disable=not sys.stderr.isatty())


def tracked(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
    """Yield the items, and show how many of `total` are done."""
    with make_bar() as bar:
        task = bar.add_task(description, total=total)
        for item in items:
            yield item
            bar.advance(task)
