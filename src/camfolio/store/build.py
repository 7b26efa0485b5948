"""From stages to results: which are finished, which are missing and why, and the worker that computes them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
"""Settings of glibc's malloc: keep freed memory instead of returning it and faulting it in again at every layer."""
WORKER_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}
"""Settings of OpenMP: idle threads sleep, GNU's after a thousand spins. With busy waiting, training beside another busy
program is ten times slower; sleeping at once slows training on an idle machine by a tenth or more."""
log = logging.getLogger("camfolio")


@dataclass(frozen=True)
class State:
    """The state of a stage: `fresh`, `stale`, `new` or `waiting` for an upstream stage, and why.

    Attributes:
        folders: parameter of `run` -> folder of the finished upstream stage.
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
        states[stage.name] = state_of(with_dynamic_imports(stage, reader), states, store, reader, inputs)
    reader.remember()
    return list(states.values())


def with_dynamic_imports(stage: Stage, reader: CodeReader) -> Stage:
    """A stage with the code that its modules import by name, where its code reaches the module that does so."""
    if not stage.dynamic:
        return stage
    reached = reader.closure((stage.module, *stage.also)).modules
    found = [one for one in stage.dynamic if one.importer in reached]
    also = (*stage.also, *(name for one in found for name in one.also))
    modules = {**stage.modules, **{name: file for one in found for name, file in one.modules.items()}}
    return replace(stage, also=also, modules=modules, dynamic=())


def state_of(stage: Stage, before: Mapping[str, State], store: Store, reader: CodeReader, inputs: InputReader) -> State:
    """The state of one stage, given those of its upstream stages."""
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
    """The ingredients of a stage's key."""
    inputs = {name: outside.digest(path) for name, path in stage.outside.items()}
    inputs |= {name: artefact.manifest.digest for name, artefact in upstream.items()}
    code = reader.closure((stage.module, *stage.also))
    parameters = json.loads(json.dumps(dict(stage.parameters)))
    return Ingredients(
        stage=stage.name, parameters=parameters, inputs=inputs, code=code.modules, libraries=code.libraries
    )


def differences(old: Ingredients, new: Ingredients) -> list[str]:
    """What changed between two sets of ingredients, in words."""
    reasons = [f"{key} changed from {a} to {b}" for key, a, b in changes(flat(old.parameters), flat(new.parameters))]
    reasons += [f"input {name} changed" for name, _, _ in changes(old.inputs, new.inputs)]
    reasons += [f"code of {name} changed" for name, _, _ in changes(old.code, new.code)]
    return reasons + [f"{name} changed from {a} to {b}" for name, a, b in changes(old.libraries, new.libraries)]


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Keys whose values differ, with both values (None for an absent key)."""
    return [(key, old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)]


def flat(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters under dotted keys.

    >>> flat({"training": {"seed": 1}})
    {'training.seed': 1}
    """
    flattened: dict[str, Any] = {}
    for key, value in parameters.items():
        flattened |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flattened


def no_progress(states: Sequence[State]) -> None:
    """Default callback; does nothing."""


def build(
    stages: Sequence[Stage], store: Store, tell: Callable[[Sequence[State]], None] = no_progress
) -> dict[str, Artefact]:
    """Compute missing results in new interpreters, and return every stage's result by name.

    Args:
        stages: in topological order.
        store: where results are kept.
        tell: called with all states before each batch.

    Raises:
        CamfolioError: of the first stage that failed.
        ChangedError: if code or files changed during each of three tries.
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


def same_group(first: Stage, second: Stage) -> bool:
    """Whether two stages share a worker."""
    return bool(first.group) and first.group == second.group


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
