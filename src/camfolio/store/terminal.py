"""Shows a build on standard error: a live table on a terminal, elsewhere now and then a line about stages that take long."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import Any

from camfolio.store.watch import Moment, Watch, time_left

FIRST, EVERY = 5.0, 60.0
"""Seconds until the first line about a stage where there is no terminal, and between two lines."""
log = logging.getLogger("camfolio")


@contextmanager
def shown(watch: Watch | None) -> Iterator[Watch]:
    """A function that shows what a build does, until the context ends: the given one, or one for standard error."""
    if watch:
        yield watch
    elif sys.stderr.isatty():
        with live_table() as table:
            yield table
    else:
        yield Lines()


class Lines:
    """Logs a line about every stage that takes more than a few seconds, and another one each minute."""

    def __init__(self) -> None:
        self.due: dict[str, float] = {}

    def __call__(self, moment: Moment) -> None:
        """Log what is due."""
        now = monotonic()
        for running in moment.running:
            if now >= self.due.setdefault(running.stage, now - running.seconds + FIRST):
                self.due[running.stage] = now + EVERY
                log.info("%s: %s", running.stage, ", ".join(filter(None, (running.words, time_left(running)))))


@contextmanager
def live_table() -> Iterator[Watch]:
    """A table of the stages that are being computed; log messages and warnings appear above it."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    with ExitStack() as stack:
        live = stack.enter_context(Live(console=console, transient=True, refresh_per_second=4, redirect_stdout=False))
        for handler in handlers():
            stack.enter_context(through(handler, console))
        yield lambda moment: live.update(table(moment))


def table(moment: Moment) -> Any:  # noqa: ANN401 - rich is imported only if a terminal shows it
    """A row per running stage: name, bar, time left, what it is doing; below them what is left in all."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    rows = Table.grid(padding=(0, 1))
    for running in moment.running:
        bar = ProgressBar(total=1.0, completed=running.share or 0.0, pulse=running.share is None, width=20)
        rows.add_row(Text(running.stage), bar, Text(time_left(running), no_wrap=True), Text(running.words, style="dim"))
    waiting = moment.left.missing - len(moment.running)
    words = f"{waiting} more to compute" if waiting else "nothing else to compute"
    return Group(rows, Text(", ".join(filter(None, (words, moment.left.time)))))


def handlers() -> list[logging.Handler]:
    """What writes log messages to standard error."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in ("camfolio", "mkdocs"))]
    return list(dict.fromkeys(handler for logger in loggers for handler in logger.handlers))


@contextmanager
def through(handler: logging.Handler, console: Any) -> Iterator[None]:  # noqa: ANN401 - rich, see `table`
    """Context in which a handler that writes to standard error does so above what the console shows."""
    from rich.logging import RichHandler

    if isinstance(handler, RichHandler):
        before, handler.console = handler.console, console
        try:
            yield
        finally:
            handler.console = before
    elif isinstance(handler, logging.StreamHandler) and handler.stream in (sys.__stderr__, console.file):
        stream = handler.setStream(sys.stderr)  # which `Live` has replaced by one that writes above the table
        try:
            yield
        finally:
            if stream:
                handler.setStream(stream)
    else:
        yield
