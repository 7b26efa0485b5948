"""Small and read-only disks for tests, where this system and its user can have them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from camfolio.store import in_use


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Context in which something is mounted on a folder; the test is skipped where that is impossible."""
    if shutil.which("mount") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount disks")
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("disks cannot be mounted here")
    try:
        yield
    finally:
        in_use.release_all()  # an open file keeps a disk busy
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Context in which nothing can be written to a folder: mounted so for root, else by its permissions."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        with mounted(folder, "--bind", str(folder)):
            subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
            yield
        return
    if os.name != "posix":
        pytest.skip("permissions of folders are those of POSIX")
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    try:
        yield
    finally:
        for path in folders:
            path.chmod(0o755)


@contextmanager
def small(folder: Path, size: int) -> Iterator[None]:
    """Context in which a folder is a disk of so many bytes, in pages of 4096."""
    folder.mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "none"):
        yield


@contextmanager
def short_files(size: int) -> Iterator[None]:
    """Context in which no process that is started can write a file of more bytes."""
    resource = pytest.importorskip("resource", reason="limits of processes are those of POSIX")
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
