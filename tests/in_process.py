"""Lets builds compute their stages in the process of the test, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from camfolio.store import worker, workers
from camfolio.store.survey import State
from camfolio.store.workers import Workers

Compute = Callable[[Workers, State], None]


def compute_here(self: Workers, state: State) -> None:
    """Compute a stage as a worker does."""
    worker.compute(workers.job(state), self.store)


def in_process(setattr_: Callable[[object, str, object], None] = setattr, compute: Compute = compute_here) -> None:
    """Replace the worker processes of all builds.

    Args:
        setattr_: `monkeypatch.setattr`, or Python's for the rest of the process.
        compute: makes the result of a stage.
    """
    finished: list[State] = []

    def start(self: Workers, state: State) -> None:
        compute(self, state)
        finished.append(state)

    setattr_(Workers, "start", start)
    setattr_(Workers, "wait", lambda self, seconds: finished.pop(0) if finished else None)
    setattr_(Workers, "room_for", lambda self, stage: not finished)


def refuse(self: Workers, state: State, *, tell: Callable[[str], None]) -> None:
    """Compute nothing, and tell for which stage that was asked."""
    tell(f"a worker was started for {state.stage.name}")


def no_workers(setattr_: Callable[[object, str, object], None], tell: Callable[[str], None]) -> None:
    """Have every build tell that it starts to compute a stage."""
    in_process(setattr_, partial(refuse, tell=tell))
