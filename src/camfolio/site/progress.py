"""What waiting pages show of a computation: a row for each unfinished stage, and the file from which their script reads it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from camfolio.store.files import replace_file
from camfolio.store.outlook import Outlook
from camfolio.store.survey import State, needed
from camfolio.store.watch import Running, time_left

FILE = "assets/progress.json"
"""The file in the served site; the script lies beside it."""
PAUSE = 0.25
"""Least time between two writings of the file, s."""


@dataclass(frozen=True)
class Row:
    """A stage whose result is not finished.

    Attributes:
        stage: its name.
        state: what it is doing, or what it waits for, in words.
        running: whether it is being computed.
        share: which share is done, 0 to 1; None if that is not known, or if it waits.
        left: the time that it still takes, or has taken if that is not known, in words; empty if it waits.
    """

    stage: str
    state: str
    running: bool
    share: float | None
    left: str


@dataclass(frozen=True)
class StudyProgress:
    """How far the results of a study are.

    Attributes:
        words: how many are finished, as a sentence.
        left: the time that the others still take, in words; empty if that is not known.
        share: which share is done, 0 to 1.
        rows: stages that are not finished; those being computed come first.
    """

    words: str
    left: str
    share: float
    rows: tuple[Row, ...]


def study_progress(
    states: Sequence[State], running: Sequence[Running] = (), left: Outlook | None = None
) -> StudyProgress:
    """The progress of a study.

    Args:
        states: of all its stages.
        running: stages that are being computed.
        left: what is left, and how long it takes; None if that is not known yet.
    """
    at_work = {one.stage: one for one in running}
    missing = sorted(needed(states), key=lambda state: state.stage.name not in at_work)
    rows = tuple(row(state, at_work.get(state.stage.name)) for state in missing)
    done = len(states) - len(rows) + sum(one.share or 0 for one in rows)
    return StudyProgress(
        words=f"{len(states) - len(rows)} of {len(states)} results are finished.",
        left=f"Time left: {left.time}." if left and left.missing and left.time else "",
        share=round(done / len(states), 4),
        rows=rows,
    )


def row(state: State, running: Running | None) -> Row:
    """The row of a stage that is not finished."""
    if running:
        doing = "being fetched" if state.can_be_fetched else "being computed"
        words = f"{doing}: {running.words}" if running.words else doing
        share = None if running.share is None else round(running.share, 4)
        return Row(state.stage.name, words, running=True, share=share, left=time_left(running))
    words = state.reason if state.word == "waiting" else "waits for its turn"
    return Row(state.stage.name, words, running=False, share=None, left="")


class ProgressFile:
    """The file with the progress of all studies in the served site; it is not written while MkDocs writes the site."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.site: Path | None = None
        self.written = 0.0

    def hold(self) -> None:
        """Write nothing until `release`: MkDocs is about to empty the folder."""
        with self.lock:
            self.site = None

    def release(self, site: Path, progress: Mapping[str, StudyProgress]) -> None:
        """Write the progress into the site that was just built, and again whenever it changes."""
        with self.lock:
            self.site, self.written = site, 0.0
        self.write(progress)

    def write(self, progress: Mapping[str, StudyProgress]) -> None:
        """Write the progress, unless that was just done; a file that cannot be written now is left as it is."""
        with self.lock:
            if self.site is None or time.monotonic() - self.written < PAUSE:
                return
            with suppress(OSError):
                content = {name: asdict(one) for name, one in progress.items()}
                replace_file(self.site / FILE, json.dumps(content))
            self.written = time.monotonic()
