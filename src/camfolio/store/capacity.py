"""How many stages this computer computes side by side. It decides how long a build takes, and no byte of its results."""

from __future__ import annotations

import os

from camfolio.errors import StoreError
from camfolio.store.stage import Stage

JOBS = "CAMFOLIO_JOBS"
"""Environment variable with the number of processors to use; the option `--jobs` sets it."""
MEMORY_PER_JOB = 1.5 * 2**30
"""Bytes of this computer's memory for each processor in use: several times what a stage of a small network takes."""


def jobs() -> int:
    """How many processors a build uses: as CAMFOLIO_JOBS says, else all that memory allows.

    Raises:
        StoreError: if the variable is no number above 0.
    """
    given = os.environ.get(JOBS, "")
    if not given:
        return max(1, min(processors(), int(memory() / MEMORY_PER_JOB)))
    if not given.isdecimal() or int(given) < 1:
        msg = f"Expected a number above 0 for --jobs or {JOBS}, but got {given!r}. Leave it out to use all processors."
        raise StoreError(msg)
    return int(given)


def use(given: str | None) -> None:
    """Have this process and those that it starts use so many processors; None leaves it as it is.

    Raises:
        StoreError: if it is no number above 0.
    """
    if given is not None:
        os.environ[JOBS] = given
        jobs()


def slots(stage: Stage, available: int) -> int:
    """How many of the available processors a stage occupies."""
    return min(stage.threads or available, available)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> float:
    """Bytes of this computer's memory; infinite if it does not tell."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return float("inf")
