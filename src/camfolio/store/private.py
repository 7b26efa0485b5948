"""Folders that only their user can enter: those of the store, and one for caches whose files are executed."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

ONLY_ME = 0o700
OTHERS = 0o007


def private_folder(folder: Path) -> None:
    """Create a folder, and those above it that are missing, with mode 0700 whatever the umask; one that exists stays as it is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=ONLY_ME, exist_ok=True)


def keep_from_others(folder: Path) -> None:
    """Take the permissions of users outside its group from a folder, where that is possible: an earlier version gave them."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if os.name == "posix" and mode & OTHERS:
        with suppress(OSError):
            folder.chmod(mode & ~OTHERS)


def user_cache() -> Path | None:
    """The user's own folder for caches, `camfolio` in XDG_CACHE_HOME, LOCALAPPDATA (Windows) or `~/.cache`.

    It holds compiled templates, which are executed. So it is never in a store, which may come from somebody else or from a
    cache of a workflow; and it is None, so that nothing is kept, if it cannot be made, is not the user's, or others can enter it.
    """
    variable = "LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME"
    try:
        folder = Path(os.environ.get(variable) or Path.home() / ".cache", "camfolio")
        if not folder.is_absolute():
            return None
        private_folder(folder)
        status = folder.lstat()
    except (OSError, RuntimeError):  # no home
        return None
    if os.name == "nt":
        return folder
    is_mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return folder if is_mine and not stat.S_IMODE(status.st_mode) & ~ONLY_ME else None
