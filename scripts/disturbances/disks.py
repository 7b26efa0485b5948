"""Builds on a disk that becomes full, and commands on a read-only store; mounted where no other process sees it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from disturbances.builds import NAMESPACE, Ended, can_mount, command, run
from disturbances.checks import Calm, Tally, half_written

ON_SMALL_DISK = """
size=$1 disk=$2 room=$3
shift 3
mount -t tmpfs -o size="$size" none "$disk" || exit 99
"$@"
status=$?
cp -a "$disk/." "$room" && exit $status
"""
READ_ONLY = """
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99
shift
exec "$@"
"""
PAGE = 4096
IMPOSSIBLE = "disks cannot be mounted here"


def disk(calm: Calm, number: int) -> Tally:
    """Build on disks of random sizes, too small for all results, and once more with room."""
    if not can_mount():
        return Tally(impossible=IMPOSSIBLE)
    tally, chance = Tally(), random.Random(calm.seed)  # noqa: S311 - sizes are no secret
    most = sum(pages(path) for path in calm.store.rglob("*"))
    for tried in range(number):
        # in equal parts of the range, so that a few sizes already meet early and late stages
        size = max(1, int(most * 0.9 * (tried + chance.random()) / number))
        full, room = calm.folder / f"full-{tried}", calm.folder / f"room-{tried}"
        full.mkdir()
        room.mkdir()
        build = command("build", calm.study, full)
        ended = run([*NAMESPACE, ON_SMALL_DISK, "sh", str(size * PAGE), str(full), str(room), *build])
        tally.tried += 1
        if not ended.is_sentence or "Free space there" not in ended.said:
            tally.remarks.append(f"on a disk of {size * PAGE} bytes {described(ended)}")
        tally.half_written += len(list(half_written(room)))
        calm.once_more(room, tally)
        shutil.rmtree(room)
    return tally


def pages(path: Path) -> int:
    """How many pages of a disk in memory a file takes."""
    return -(-path.stat().st_size // PAGE) if path.is_file() else 0


def read_only(calm: Calm, _: int = 1) -> Tally:
    """Read a store that has every result and no caches; then let a build ask it for a result that it lacks."""
    if not can_mount():
        return Tally(impossible=IMPOSSIBLE)
    tally, store = Tally(), calm.copy("read-only")
    for word in ("status", "show", "build"):
        ended = on_read_only(command(word, calm.study, store), store, tally)
        if ended.status != 0:
            tally.remarks.append(f"camfolio {word} on a read-only store {described(ended)}")
    shutil.rmtree(store / list(calm.outputs)[-1])
    ended = on_read_only(command("build", calm.study, store), store, tally)
    if not ended.is_sentence or str(store) not in ended.said or "Make it writable" not in ended.said:
        tally.remarks.append(f"a result that a read-only store lacks: the build {described(ended)}")
    calm.once_more(store, tally)
    return tally


def on_read_only(words: list[str], store: Path, tally: Tally) -> Ended:
    """Run a command that cannot write to a store."""
    tally.tried += 1
    return run([*NAMESPACE, READ_ONLY, "sh", str(store), *words])


def described(ended: Ended) -> str:
    """How a process ended, in words."""
    return f"ended with {ended.status}: {ended.said[-2000:].strip()}"
