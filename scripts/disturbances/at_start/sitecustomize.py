"""Imported by every Python process of a disturbed build: notes which results it begins, and sets its clock.

In the environment, `FAULTS_NOTES` is the file that gets a line per begun result, `FAULTS_SHIFT` the seconds by which the clock is
wrong.
"""

from __future__ import annotations

import os
import sys
import time

NOTES = os.environ.get("FAULTS_NOTES", "")
SHIFT_S = int(os.environ.get("FAULTS_SHIFT") or 0)
TRUE_NS = time.time_ns


def note(event: str, values: tuple[object, ...]) -> None:
    """Note the temporary folder of a result when it is made; short lines that are appended do not mix."""
    if event == "os.mkdir" and str(values[0]).endswith(".part"):
        notes = os.open(NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(notes, f"{values[0]}\n".encode())
        os.close(notes)


def shifted_ns() -> int:
    """The wrong time, ns."""
    return TRUE_NS() + SHIFT_S * 10**9


def shifted() -> float:
    """The wrong time, s."""
    return shifted_ns() / 1e9


if NOTES:
    sys.addaudithook(note)
if SHIFT_S:
    time.time, time.time_ns = shifted, shifted_ns
