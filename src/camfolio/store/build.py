"""From stages to results: which are there, which are missing and why, and the worker that computes them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import camfolio.errors
from camfolio.errors import CamfolioError, ChangedError, StoreError
from camfolio.store.artefacts import MEMORY, Artefact, Ingredients, Stage, Store
from camfolio.store.code import CodeReader
from camfolio.store.inputs import InputReader

TRIES = 3
"""How often a build starts again while code or inputs keep changing."""
WORKER_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
"""Settings of glibc's malloc: keep memory instead of handing it back and faulting it in again at every layer."""
WORKER_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}
"""Settings of OpenMP: threads wait asleep, GNU's after a thousand rounds. With spinning ones a training next to any
other busy program is ten times slower; falling asleep at once costs a training a tenth or more where nothing else runs."""
log = logging.getLogger("camfolio")


@dataclass(frozen=True)
class State:
    """Where a stage stands: `fresh`, `stale`, `new` or `waiting` for a stage before it, and why.

    Attributes:
        folders: parameter of `run` -> folder of the finished stage before it.
    """

    stage: Stage
    word: str
    reason: str
    artefact: Artefact | None = None
    ingredients: Ingredients | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)


def survey(stages: Sequence[Stage], store: Store) -> list[State]:
    """The state of every stage, without computing anything."""
    reader, inputs = CodeReader(store.root / MEMORY), InputReader(store.root / ".inputs")
    states: dict[str, State] = {}
    for stage in stages:
        states[stage.name] = state_of(stage, states, store, reader, inputs)
    reader.remember()
    return list(states.values())


def state_of(stage: Stage, before: Mapping[str, State], store: Store, reader: CodeReader, inputs: InputReader) -> State:
    """One stage, given the states of those before it."""
    waits = sorted(name for name in stage.upstream.values() if before[name].artefact is None)
    if waits:
        return State(stage, "waiting", f"waits for {', '.join(waits)}")
    upstream = {name: artefact for name, other in stage.upstream.items() if (artefact := before[other].artefact)}
    folders = {name: artefact.folder for name, artefact in upstream.items()}
    ingredients = gather(stage, upstream, reader, inputs)
    artefact = store.find(ingredients)
    if artefact:
        return State(stage, "fresh", f"key {ingredients.key[:12]}", artefact, ingredients, folders)
    earlier = store.history(stage.name)
    if not earlier:
        return State(stage, "new", "never computed", None, ingredients, folders)
    reasons = min((differences(manifest.ingredients, ingredients) for manifest in earlier), key=len)
    return State(stage, "stale", "; ".join(reasons) or "its folder is damaged", None, ingredients, folders)


def gather(stage: Stage, upstream: Mapping[str, Artefact], reader: CodeReader, outside: InputReader) -> Ingredients:
    """Everything that decides the stage's result."""
    inputs = {name: outside.digest(path) for name, path in stage.outside.items()}
    inputs |= {name: artefact.manifest.digest for name, artefact in upstream.items()}
    code = reader.behind((stage.module, *stage.also))
    parameters = json.loads(json.dumps(dict(stage.parameters)))
    return Ingredients(
        stage=stage.name, parameters=parameters, inputs=inputs, code=code.modules, libraries=code.libraries
    )


def differences(old: Ingredients, new: Ingredients) -> list[str]:
    """What changed between two sets of ingredients, in words."""
    found = [f"{key} changed from {a} to {b}" for key, a, b in changes(flat(old.parameters), flat(new.parameters))]
    found += [f"input {name} changed" for name, _, _ in changes(old.inputs, new.inputs)]
    found += [f"code of {name} changed" for name, _, _ in changes(old.code, new.code)]
    return found + [f"{name} changed from {a} to {b}" for name, a, b in changes(old.libraries, new.libraries)]


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Keys whose values differ, with both values (None where there was or is none)."""
    return [(key, old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)]


def flat(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters under dotted keys.

    >>> flat({"training": {"seed": 1}})
    {'training.seed': 1}
    """
    found: dict[str, Any] = {}
    for key, value in parameters.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def no_progress(states: Sequence[State]) -> None:
    """Default callback; does nothing."""


def build(
    stages: Sequence[Stage], store: Store, tell: Callable[[Sequence[State]], None] = no_progress
) -> dict[str, Artefact]:
    """Compute what is missing, in fresh interpreters, and return every stage's result by name.

    Args:
        stages: in an order in which each follows those it reads.
        store: where results are kept.
        tell: is called with all states before each batch that is computed.

    Raises:
        CamfolioError: the sentence of the first stage that failed.
        ChangedError: if code or files changed in each of three tries.
    """
    states, changed = survey(stages, store), 0
    while missing := next_batch(states):
        tell(states)
        try:
            run_worker(missing, store)
        except ChangedError as error:
            changed += 1
            if changed == TRIES:
                raise
            log.info("%s Trying again.", error)
        states = survey(stages, store)
    return {state.stage.name: state.artefact for state in states if state.artefact}


def next_batch(states: Sequence[State]) -> list[State]:
    """The missing stages that can be computed now in one worker."""
    ready = [state for state in states if state.artefact is None and state.word != "waiting"]
    first = ready[0].stage if ready else None
    return [state for state in ready if first and (state.stage is first or same_group(state.stage, first))]


def same_group(one: Stage, other: Stage) -> bool:
    """Two stages that share a worker."""
    return bool(one.group) and one.group == other.group


def run_worker(missing: Sequence[State], store: Store) -> None:
    """Let one fresh interpreter compute stages whose inputs are all there.

    The worker's standard input stays open as long as we live: when we die, however we die, it ends and stops.
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
            log.debug("the worker ended before it read its jobs; its exit status tells why")
        said = worker.stdout.read()
        status = worker.wait()
    check_worker(status, said, ", ".join(state.stage.name for state in missing))


def job(state: State) -> dict[str, Any]:
    """What a worker needs to know of one stage."""
    if state.ingredients is None:
        msg = f"Expected the ingredients of {state.stage.name}, but it is waiting."
        raise RuntimeError(msg)
    paths = {name: str(path) for name, path in (*state.folders.items(), *state.stage.files.items())}
    own = {name: str(path) for name, path in state.stage.modules.items()}
    return {
        "modules": [state.stage.module, *state.stage.also],
        "paths": paths,
        "own": own,
        "outside": {name: str(path) for name, path in state.stage.outside.items()},
        "ingredients": state.ingredients.model_dump(mode="json"),
    }


def check_worker(status: int, said: str, names: str) -> None:
    """Raise again what the worker could not do."""
    if status == 0:
        return
    try:
        failure = json.loads(said)
    except ValueError:
        failure = {
            "error": "StoreError",
            "message": f"Expected a result of {names}, but its process ended with {status}.",
        }
    kind = getattr(camfolio.errors, failure["error"], StoreError)
    known = isinstance(kind, type) and issubclass(kind, CamfolioError)
    raise kind(failure["message"]) if known else StoreError(failure["message"])
