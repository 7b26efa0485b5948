"""From stages to results: missing ones are fetched where they are kept, or computed in a worker."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import camfolio.errors
from camfolio.errors import CamfolioError, ChangedError, StoreError
from camfolio.store.artefacts import Artefact, Stage, Store
from camfolio.store.packed import unpack
from camfolio.store.record import NOTHING, Record
from camfolio.store.survey import State, next_batch, survey

TRIES = 3
"""How often a build starts again while code or inputs keep changing."""
WORKER_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
"""Settings of glibc's malloc: keep freed memory instead of returning it and faulting it in again at every layer."""
WORKER_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}
"""Settings of OpenMP: idle threads sleep, GNU's after a thousand spins. With busy waiting, training beside another busy
program is ten times slower; sleeping at once slows training on an idle machine by a tenth or more."""
log = logging.getLogger("camfolio")


def no_progress(states: Sequence[State]) -> None:
    """Default callback; does nothing."""


def build(
    stages: Sequence[Stage],
    store: Store,
    tell: Callable[[Sequence[State]], None] = no_progress,
    record: Record = NOTHING,
    *,
    everything: bool = False,
) -> dict[str, Artefact]:
    """Fetch or compute missing results, the latter in new interpreters, and return every stage's result by name.

    Args:
        stages: in topological order.
        store: where results are.
        tell: called with all states before each batch.
        record: what is recorded and kept of these stages.
        everything: also compute intermediate results that are not recorded.

    Returns:
        By stage, its result. The folder of an intermediate one that nobody needed does not exist.

    Raises:
        CamfolioError: of the first stage that failed.
        ChangedError: if code or files changed during each of three tries.
    """
    states, changed = survey(stages, store, record), 0
    while batch := next_batch(states, everything):
        tell(states)
        try:
            if batch[0].kept:
                record = fetched(batch, store, record)
            else:
                run_worker(batch, store)
        except ChangedError as error:
            changed += 1
            if changed == TRIES:
                raise
            log.info("%s Trying again.", error)
        states = survey(stages, store, record)
    return {state.stage.name: result for state in states if (result := result_of(state, store))}


def result_of(state: State, store: Store) -> Artefact | None:
    """The result in the store, or what is recorded of it; None if neither exists."""
    if state.artefact or not state.ingredients or not state.manifest:
        return state.artefact
    return Artefact(store.folder(state.ingredients), state.manifest)


def fetched(batch: Sequence[State], store: Store, record: Record) -> Record:
    """Put kept results into the store; returns the record without those that are damaged."""
    log.info("fetching %s", ", ".join(state.stage.name for state in batch))
    for state in batch:
        if not (state.kept and state.recorded and state.ingredients):
            continue
        try:
            fill = partial(unpack, state.kept, state.recorded.outputs)
            store.make(state.ingredients, fill, state.recorded.manifest(state.ingredients))
        except StoreError as error:
            log.warning("%s It is computed instead. Restore the file, or run `camfolio record`.", error)
            record = record.without(state.stage.name)
    return record


def run_worker(missing: Sequence[State], store: Store) -> None:
    """Compute stages whose inputs are finished, in one new interpreter.

    The worker's standard input stays open as long as this process runs; the worker exits when it is closed.
    """
    jobs = [job(state) for state in missing]
    log.info("computing %s", ", ".join(state.stage.name for state in missing))
    command = [sys.executable, "-m", "camfolio.store.worker"]
    environment = {**WORKER_THREADS, **WORKER_MEMORY} | os.environ
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True) as worker:  # noqa: S603 - ours
        if worker.stdin is None or worker.stdout is None:
            msg = "Expected pipes to the worker, but got none."
            raise RuntimeError(msg)
        try:
            worker.stdin.write(json.dumps({"store": str(store.root), "jobs": jobs}) + "\n")
            worker.stdin.flush()
        except BrokenPipeError:
            log.debug("the worker ended before it read its jobs; see its exit status")
        report = worker.stdout.read()
        status = worker.wait()
    check_worker(status, report, ", ".join(state.stage.name for state in missing))


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


def check_worker(status: int, report: str, names: str) -> None:
    """Raise the error that a worker reported."""
    if status == 0:
        return
    try:
        failure = json.loads(report)
    except ValueError:
        failure = {
            "error": "StoreError",
            "message": f"Expected a result of {names}, but its process ended with {status}.",
        }
    kind = getattr(camfolio.errors, failure["error"], StoreError)
    known = isinstance(kind, type) and issubclass(kind, CamfolioError)
    raise kind(failure["message"]) if known else StoreError(failure["message"])
