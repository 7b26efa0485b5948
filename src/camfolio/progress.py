"""What a stage says of its progress while it computes. The worker passes it on to the build, which shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TypeAlias, TypeVar

Item = TypeVar("Item")
Listener: TypeAlias = Callable[[float, str], None]
"""Called with the share that is done, 0 to 1, and what is being done."""
PAUSE = 0.2
"""Seconds between two reports."""
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Pass all further reports of this process to a function."""
    _listeners[:] = [listener]


def report(done: float, words: str = "") -> None:
    """Say which share of the stage is done, 0 to 1, and what it is doing; nobody listens outside a worker."""
    for listener in _listeners:
        listener(done, words)


def tracked(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
    """Yield the items, and report how many of `total` are done; `description` says what they are, in the plural."""
    reported = monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        if monotonic() - reported >= PAUSE:
            reported = monotonic()
            report(done / max(total, done), f"{done} of {total} {description}")
