"""How far a long stage is: a bar with an estimate of the time left on a terminal, a line now and then elsewhere.

Trainings show it, too: Lightning's bars start again every epoch, so the time left is that of an epoch, and fill a log file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Item = TypeVar("Item")


def make_bar() -> Progress:
    """A bar on standard error: what, how far, time gone, time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
    return Progress(*columns, TimeRemainingColumn(), console=Console(file=sys.stderr), disable=not sys.stderr.isatty())


def tracked(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
    """Hand on the items and show how many of `total` are done."""
    with make_bar() as bar:
        task = bar.add_task(description, total=total)
        for item in items:
            yield item
            bar.advance(task)
