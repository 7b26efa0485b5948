"""Builds under a clock that is wrong, and on files whose times lie in the future."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

from disturbances.builds import begun, noting, start
from disturbances.checks import Calm, Tally, half_written

YEARS_S = 30 * 365 * 24 * 3600
FUTURE_S = 4e9
"""A time in the year 2096."""


def clock(calm: Calm, _: int = 1) -> Tally:
    """Build half of the results with the clock set back; then where none is missing, with times in the future and wrong clocks."""
    tally, chance = Tally(), random.Random(calm.seed)  # noqa: S311 - which half is no secret
    set_back = calm.copy("set-back")
    for stage in chance.sample(sorted(calm.outputs), len(calm.outputs) // 2):
        shutil.rmtree(set_back / stage)
    build(calm, set_back, -YEARS_S, tally)
    for name, shift_s in (("future", 0), ("future-set-back", -YEARS_S), ("set-forward", YEARS_S)):
        store = calm.copy(name)
        if name.startswith("future"):
            for path in store.rglob("*"):
                os.utime(path, (FUTURE_S, FUTURE_S))
        if computed := build(calm, store, shift_s, tally):
            tally.remarks.append(f"{name}: computed again: {', '.join(computed)}")
        shutil.rmtree(store)
    return tally


def build(calm: Calm, store: Path, shift_s: int, tally: Tally) -> list[str]:
    """Build under a wrong clock, then under the right one; returns the stages that were computed under the wrong one."""
    notes = store.with_suffix(".txt")
    tally.tried += 1
    if status := start(calm.study, store, noting(notes, shift_s)).wait():
        tally.remarks.append(f"with a clock that is wrong by {shift_s} s a build ended with {status}")
    first = begun(notes)
    if status := start(calm.study, store, noting(notes)).wait():
        tally.remarks.append(f"after the clock was set right a build ended with {status}")
    tally.remarks += [f"{stage} was computed again under the right clock" for stage in begun(notes)[len(first) :]]
    tally.half_written += len(list(half_written(store)))
    tally.others += calm.others(store)
    return first
