"""Builds that are killed at random moments, and builds at once: of processes, with nothing wrong with disk or clock."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
from collections import Counter

from disturbances.builds import begun, noting, orphans, start
from disturbances.checks import Calm, Tally, half_written

LONGEST = 0.15
"""The latest moment of a kill, as a share of an undisturbed build's time."""


def kills(calm: Calm, number: int) -> Tally:
    """Kill builds (SIGKILL, of the process that was started, not of its workers) at random moments.

    A build that ends before it is killed is checked, too, and the next one starts with an empty store.
    """
    tally, store, chance = Tally(), calm.folder / "killed", random.Random(calm.seed)  # noqa: S311 - no secret
    while tally.tried < number:
        build = start(calm.study, store)
        try:
            build.wait(timeout=chance.uniform(0, LONGEST * calm.seconds))
        except subprocess.TimeoutExpired:
            build.send_signal(signal.SIGKILL)
            build.wait()
            tally.tried += 1
            tally.orphans += len(orphans(build.pid))
        tally.half_written += len(list(half_written(store)))
        if build.returncode == 0:
            tally.others += calm.others(store)
            shutil.rmtree(store)
        elif build.returncode > 0:
            tally.remarks.append(f"a build ended with {build.returncode} before it was killed")
            break
    calm.once_more(store, tally)
    return tally


def builds(calm: Calm, number: int) -> Tally:
    """Build the whole study in several processes at once; every stage must be begun once."""
    tally, store, notes = Tally(tried=number), calm.folder / "at-once", calm.folder / "at-once.txt"
    running = [start(calm.study, store, noting(notes)) for _ in range(number)]
    if failed := [status for build in running if (status := build.wait())]:
        tally.remarks.append(f"builds at once ended with {failed}")
    tally.orphans = sum(len(orphans(build.pid)) for build in running)
    counted = Counter(begun(notes))
    tally.remarks += [f"{stage} was computed {times} times" for stage, times in counted.items() if times > 1]
    tally.remarks += [f"{stage} was not computed" for stage in calm.outputs if not counted[stage]]
    tally.half_written = len(list(half_written(store)))
    tally.others = calm.others(store)
    return tally
