"""Processes: their end with the one that started them, whatever keeps Python from running, and a name for their user."""

from __future__ import annotations

import ctypes
import getpass
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


def name_user() -> None:
    """Name the user by the number if the system has no name for it, as in a container run with `--user`.

    MONAI and torch ask for a name when they are imported or compile, and fail without one.
    """
    try:
        getpass.getuser()
    except (KeyError, OSError):  # the latter from Python 3.13 on
        os.environ["USER"] = str(os.getuid())
