"""The worker process of a build, started when the first result must be computed."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import camfolio.errors
from camfolio.errors import CamfolioError, StoreError
from camfolio.store.artefacts import Store
from camfolio.store.survey import State

MEMORY_SETTINGS = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
"""Settings of glibc's malloc: keep freed memory instead of returning it and faulting it in again at every layer."""
THREAD_SETTINGS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}
"""Settings of OpenMP: idle threads sleep, GNU's after a thousand spins. With busy waiting, training beside another busy
program is ten times slower; sleeping at once slows training on an idle machine by a tenth or more."""
log = logging.getLogger("camfolio")


class Workers:
    """Computes stages of a build, until it is closed.

    The worker's standard input stays open as long as this process runs; the worker exits when it is closed.

    Args:
        store: where results are written.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.process: subprocess.Popen[str] | None = None

    def run(self, missing: Sequence[State]) -> None:
        """Compute stages whose inputs are in the store.

        Raises:
            CamfolioError: of the first stage that failed.
        """
        names = ", ".join(state.stage.name for state in missing)
        log.info("computing %s", names)
        jobs = [job(state) for state in missing]
        libraries = sorted({library for one in jobs for library in one["ingredients"]["libraries"]})
        lanes = min(len(jobs), processors()) if all(state.stage.parallel for state in missing) else 1
        order = {"store": str(self.store.root), "jobs": jobs, "libraries": libraries, "lanes": lanes}
        answer = self.answer(json.dumps(order))
        check_answer(answer, names)

    def answer(self, order: str) -> dict[str, Any]:
        """The worker's answer to an order: `status`, `report`, and whether it is its `last`."""
        worker = self.process or self.start()
        if worker.stdin is None or worker.stdout is None:
            msg = "Expected pipes to the worker, but got none."
            raise RuntimeError(msg)
        try:
            worker.stdin.write(order + "\n")
            worker.stdin.flush()
        except BrokenPipeError:
            log.debug("the worker ended before it read its order; see its exit status")
        line = worker.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            if answer["last"]:
                self.close()
            return answer
        status = worker.wait()
        self.close()
        return {"status": status or 1, "report": "", "last": True}

    def start(self) -> subprocess.Popen[str]:
        """Start the worker."""
        command = [sys.executable, "-m", "camfolio.store.worker", str(os.getpid())]
        environment = {**THREAD_SETTINGS, **MEMORY_SETTINGS} | os.environ
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True)  # noqa: S603 - ours
        return self.process

    def close(self) -> None:
        """End the worker."""
        if self.process:
            with self.process:  # closes its pipes and waits
                pass
            self.process = None


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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


def check_answer(answer: dict[str, Any], names: str) -> None:
    """Raise the error that a worker reported."""
    if answer["status"] == 0:
        return
    try:
        failure = json.loads(answer["report"])
    except ValueError:
        failure = {
            "error": "StoreError",
            "message": f"Expected a result of {names}, but its process ended with {answer['status']}.",
        }
    kind = getattr(camfolio.errors, failure["error"], StoreError)
    known = isinstance(kind, type) and issubclass(kind, CamfolioError)
    raise kind(failure["message"]) if known else StoreError(failure["message"])
