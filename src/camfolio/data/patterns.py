"""Patterns (regular expressions) that a study gives for names of files: a mistake in one is a sentence, and each has a time limit."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from camfolio.errors import DataError, StudyError

SECONDS = 2.0
"""Computing time, s, after which a pattern is given up for a name; the slowest useful ones take microseconds."""


def compiled(key: str, pattern: str) -> re.Pattern[str]:
    """The compiled pattern of `data.patient` or `data.nodule`, whose first group is the patient or the nodule.

    Raises:
        DataError: if it is no regular expression, or has no group.
    """
    try:
        found = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        msg = f"Expected a regular expression in data.{key}, but got {pattern[:80]!r}: {error}."
        raise DataError(msg) from None
    if not found.groups:
        msg = f"Expected a group in data.{key} that is the {key}, but got {pattern!r}. For example ^([^_]+)_."
        raise DataError(msg)
    return found


def first_group(key: str, pattern: re.Pattern[str], name: str) -> str:
    """The first group of a pattern in a file's name.

    Raises:
        DataError: if it is not there or empty.
        StudyError: if the search takes too long.
    """
    try:
        with time_limit(SECONDS):
            found = pattern.search(name)
    except TimeoutError:
        msg = (
            f"Expected a pattern in data.{key} that is fast, but {pattern.pattern} has searched {name} for {SECONDS:g} s. "
            "Leave out repetitions of repetitions, such as (a+)+."
        )
        raise StudyError(msg) from None
    if found is None or not found.group(1):
        msg = f"Expected a {key} in the name {name}, but data.{key} ({pattern.pattern}) finds none."
        raise DataError(msg)
    return found.group(1)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Context that ends with a TimeoutError after so many seconds of computing; Windows and other threads than the first have no limit.

    A search for a pattern looks for signals now and then, although it lets nothing else run.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> NoReturn:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
