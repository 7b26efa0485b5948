"""Processes of camfolio: started, in a mount namespace of their own if wanted, watched and looked at afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATIENCE = 2.0
"""Seconds after which no process of a killed build may be alive."""
AT_START = Path(__file__).parent / "at_start"
NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c")
"""Runs a shell command whose mounts no other process sees, and that end with it."""


@dataclass(frozen=True)
class Ended:
    """A process that has ended.

    Attributes:
        status: of its exit.
        said: its standard error.
    """

    status: int
    said: str

    @property
    def is_sentence(self) -> bool:
        """Whether it failed with one sentence, its last line, and no traceback."""
        lines = self.said.splitlines()
        sentences = [line for line in lines if line.startswith("camfolio: ")]
        noise = "Traceback" in self.said or "Exception ignored" in self.said
        return self.status > 0 and len(sentences) == 1 and sentences == lines[-1:] and not noise


def command(word: str, study: Path, store: Path) -> list[str]:
    """A command of camfolio about a study."""
    return [sys.executable, "-m", "camfolio.cli", word, str(study), "--store", str(store)]


def start(study: Path, store: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a build in a session of its own."""
    quiet, variables = subprocess.DEVNULL, {**os.environ, **(environment or {})}
    return subprocess.Popen(  # noqa: S603 - ours
        command("build", study, store), start_new_session=True, stdout=quiet, stderr=quiet, env=variables
    )


def run(words: Sequence[str]) -> Ended:
    """Run a command to its end."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        done = subprocess.run(list(words), check=False, stdout=subprocess.DEVNULL, stderr=said)  # noqa: S603 - ours
        said.seek(0)
        return Ended(done.returncode, said.read())


def noting(notes: Path, shift_s: int = 0) -> dict[str, str]:
    """Environment of a build that notes in a file which results it begins, under a clock that is wrong by so many seconds."""
    path = os.pathsep.join(filter(None, (str(AT_START), os.environ.get("PYTHONPATH", ""))))
    return {"PYTHONPATH": path, "FAULTS_NOTES": str(notes), "FAULTS_SHIFT": str(shift_s)}


def begun(notes: Path) -> list[str]:
    """The stages of the results that builds have begun, in order."""
    return [Path(line).parent.name for line in notes.read_text(encoding="utf-8").splitlines()] if notes.exists() else []


@cache
def can_mount() -> bool:
    """Whether this system lets this user mount disks in a namespace."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return run([*NAMESPACE, 'mount -t tmpfs none "$0"', folder]).status == 0
        except FileNotFoundError:
            return False


def alive(session: int) -> list[int]:
    """Processes of a session that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def orphans(session: int) -> list[int]:
    """Processes of a session that are still alive after a while."""
    end = time.monotonic() + PATIENCE
    while (left := alive(session)) and time.monotonic() < end:
        time.sleep(0.02)
    return left
