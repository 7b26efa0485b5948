"""Processes that the system ends with the one that started them, also while a library or a pattern keeps Python from running anything else."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

SIGNAL_OF_PARENT = 1
"""PR_SET_PDEATHSIG of Linux' prctl: the signal that a process gets when the thread that started it ends."""


def end_with(parent: int) -> bool:
    """Have the system kill this process when its parent, of this number, ends; False where it cannot."""
    if sys.platform != "linux":
        return False
    ctypes.CDLL(None).prctl(SIGNAL_OF_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it had ended before
        os._exit(1)
    return True
