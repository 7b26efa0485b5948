"""Stages that are computed side by side by the workers of a build."""

from __future__ import annotations

import logging
import queue
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import camfolio.errors
from camfolio.errors import CamfolioError, StoreError
from camfolio.store.artefacts import Store
from camfolio.store.capacity import jobs, slots
from camfolio.store.crew import Crew, Worker
from camfolio.store.stage import Stage
from camfolio.store.survey import State

log = logging.getLogger("camfolio")


@dataclass
class Task:
    """A stage that is being computed.

    Attributes:
        state: of the stage.
        worker: computes it.
        begun: time of `monotonic`, s.
        done: which share is done, 0 to 1, as the stage says; None until it says so.
        words: what it is doing, as it says.
        error: class and message of the error that it reported.
        finished: whether it reported that it is.
    """

    state: State
    worker: Worker
    begun: float
    done: float | None = None
    words: str = ""
    error: tuple[str, str] | None = None
    finished: bool = False


class Workers:
    """Computes stages of a build side by side, until it is closed.

    Args:
        store: where results are written.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.jobs = jobs()
        self.crew = Crew()
        self.tasks: dict[int, Task] = {}
        self.started = 0

    def room_for(self, stage: Stage) -> bool:
        """Whether enough processors are free for a stage."""
        used = sum(slots(task.state.stage, self.jobs) for task in self.tasks.values())
        return used + slots(stage, self.jobs) <= self.jobs

    def start(self, state: State) -> None:
        """Start to compute a stage whose inputs are in the store."""
        self.started += 1
        task = Task(state, self.crew.worker(state.stage.group), monotonic())
        self.tasks[self.started] = task
        wanted = job(state)
        libraries = sorted(wanted["ingredients"]["libraries"])
        task.worker.send({"number": self.started, "store": str(self.store.root), "job": wanted, "libraries": libraries})

    def wait(self, seconds: float) -> State | None:
        """Wait until a stage has ended or the time is over; returns the stage that is finished.

        Raises:
            CamfolioError: of a stage that failed.
        """
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            try:
                worker, said = self.crew.said.get(timeout=left)
            except queue.Empty:
                for ended in [one for one in self.crew.workers if one.process.poll() is not None]:
                    self.bury(ended)  # a process that it left behind keeps its end from being said
                break
            if said is None:
                self.bury(worker)
            elif finished := self.take_note(said):
                return finished
        return None

    def run(self, states: Sequence[State]) -> None:
        """Compute stages whose inputs are in the store, and wait until all are finished.

        Raises:
            CamfolioError: of the first stage that failed.
        """
        waiting = list(states)
        while waiting or self.tasks:
            while waiting and self.room_for(waiting[0].stage):
                self.start(waiting.pop(0))
            self.wait(1.0)

    def take_note(self, said: Mapping[str, Any]) -> State | None:
        """Take note of a line about a task; returns its stage if that is finished."""
        task = self.tasks[said["number"]]
        if "done" in said:
            task.done, task.words = said["done"], said["words"]
        elif "level" in said:
            log.log(said["level"], "%s", said["words"])
        elif "error" in said:
            task.error = said["error"], said["message"]
        elif "finished" in said:
            task.finished = True
        else:
            return self.end(said["number"], said["status"])
        return None

    def bury(self, worker: Worker) -> None:
        """Take note of a worker's end, which no task survives."""
        if worker in self.crew.workers:
            self.crew.dismiss(worker)
        for number, task in list(self.tasks.items()):
            if task.worker is worker:
                self.end(number, worker.process.returncode)

    def end(self, number: int, status: int) -> State:
        """Forget a task that has ended, and raise its error if it failed."""
        task = self.tasks.pop(number)
        task.worker.busy -= 1
        if task.error:
            raise error_of(*task.error)
        if not task.finished:
            msg = f"Expected a result of {task.state.stage.name}, but its process ended with {status} before that."
            raise StoreError(msg)
        return task.state

    def close(self) -> None:
        """End all workers, and with them what they compute."""
        self.tasks.clear()
        self.crew.close()


def job(state: State) -> dict[str, Any]:
    """A stage as JSON for the worker."""
    if state.ingredients is None:
        msg = f"Expected the ingredients of {state.stage.name}, but it is waiting."
        raise RuntimeError(msg)
    paths = {name: str(path) for name, path in (*state.folders.items(), *state.stage.files.items())}
    return {
        "modules": [state.stage.module, *state.stage.also],
        "paths": paths,
        "user_modules": {name: str(path) for name, path in state.stage.modules.items()},
        "outside": {name: str(path) for name, path in state.stage.outside.items()},
        "ingredients": state.ingredients.model_dump(mode="json"),
    }


def error_of(name: str, message: str) -> CamfolioError:
    """The error that a stage reported: of the same class if it is one of ours, else of the store."""
    kind = getattr(camfolio.errors, name, None)
    return kind(message) if isinstance(kind, type) and issubclass(kind, CamfolioError) else StoreError(message)
