"""From stages to results: missing ones are fetched where they are kept, or computed in a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from time import monotonic

from camfolio.errors import ChangedError, StoreError
from camfolio.store.artefacts import Artefact, Ingredients, Store
from camfolio.store.layout import mark_layout
from camfolio.store.outlook import Outlook, outlook
from camfolio.store.packed import unpack
from camfolio.store.record import NOTHING, Record
from camfolio.store.stage import Stage
from camfolio.store.survey import State, needed, survey
from camfolio.store.terminal import shown
from camfolio.store.watch import Moment, Running, Watch
from camfolio.store.workers import Task, Workers

TRIES = 3
"""How often a build starts again while code or inputs keep changing."""
INTERVAL = 0.5
"""Seconds after which what is done is shown again."""
log = logging.getLogger("camfolio")


def build(
    stages: Sequence[Stage],
    store: Store,
    watch: Watch | None = None,
    record: Record = NOTHING,
    *,
    everything: bool = False,
) -> dict[str, Artefact]:
    """Fetch or compute missing results, the latter in other processes, and return every stage's result by name.

    Stages whose inputs are finished are computed side by side, as many as `capacity.jobs` says.

    Args:
        stages: in topological order.
        store: where results are.
        watch: shows what is done; by default a table if standard error is a terminal.
        record: what is recorded and kept of these stages.
        everything: also compute intermediate results that are not recorded.

    Returns:
        By stage, its result. The folder of an intermediate one that nobody needed does not exist.

    Raises:
        CamfolioError: of the first stage that failed.
        ChangedError: if code or files changed during each of three tries.
    """
    missing = Missing(stages, store, record, everything)
    if missing.left.missing:
        log.info("%s", missing.left)
    if missing.states_needed:
        mark_layout(store.root)
        with closing(Workers(store)) as workers, shown(watch) as display:
            missing.complete(workers, display)
    return {state.stage.name: result for state in missing.states if (result := result_of(state, store))}


class Missing:
    """What a build still has to fetch or to compute; see the arguments of `build`.

    Attributes:
        states: of all stages, as they were `surveyed` (time of `monotonic`, s).
        left: what was left then.
    """

    def __init__(self, stages: Sequence[Stage], store: Store, record: Record, everything: bool) -> None:
        self.stages = stages
        self.store = store
        self.record = record
        self.everything = everything
        self.running: Sequence[Task] = ()
        self.told: set[str] = set()
        self.look()

    def look(self) -> None:
        """Survey all stages."""
        self.surveyed = monotonic()
        self.states = survey(self.stages, self.store, self.record)
        elapsed = {task.state.stage.name: self.surveyed - task.begun for task in self.running}
        self.left = outlook(self.states, self.store, self.record, everything=self.everything, elapsed=elapsed)

    @property
    def states_needed(self) -> list[State]:
        """Of the stages whose results are missing and needed."""
        return needed(self.states, self.everything)

    def complete(self, workers: Workers, watch: Watch) -> None:
        """Fetch and compute until nothing is missing.

        Raises:
            CamfolioError: see `build`.
        """
        changed = lost = 0
        while missing := self.states_needed:
            self.tell_of_damage(missing)
            if batch := [state for state in missing if state.can_be_fetched]:
                self.record = fetched(batch, self.store, self.record)
                self.look()
                continue
            start_ready(missing, workers)
            self.running = list(workers.tasks.values())
            watch(self.moment())
            try:
                finished = workers.wait(INTERVAL)
            except ChangedError as error:
                changed += 1
                if changed == TRIES:
                    raise
                log.info("%s Trying again.", error)
                self.look()
                continue
            if finished:
                self.running = list(workers.tasks.values())
                self.look()
                log.info("%s", ended(finished, self.states, self.left))
                lost += finished.stage.name in {state.stage.name for state in self.states if state.damage}
                if lost == TRIES:
                    raise StoreError(spoilt(finished, self.states))
        watch(self.moment())

    def tell_of_damage(self, missing: Sequence[State]) -> None:
        """Say once which results are damaged; of one after another damaged one that is known only when the other is finished."""
        for state in missing:
            if state.damage and state.stage.name not in self.told:
                log.warning("%s", damaged(state, self.store))
                self.told.add(state.stage.name)

    def moment(self) -> Moment:
        """What the build is doing now."""
        now = monotonic()
        running = [
            Running(name, now - task.begun, self.left.expected.get(name), task.done, task.words)
            for task in self.running
            for name in [task.state.stage.name]
        ]
        return Moment(self.states, running, self.left.after(now - self.surveyed))


def spoilt(finished: State, states: Sequence[State]) -> str:
    """The sentence about a result that is damaged whenever it has been computed."""
    name = finished.stage.name
    damage = next(state.damage for state in states if state.stage.name == name)
    return f"Expected the result of {name} to be whole after it was computed, but {damage}, {TRIES} times. Check the disk of the store."


def damaged(state: State, store: Store) -> str:
    """The sentence about a result in the store that is damaged and therefore missing."""
    folder = store.folder(state.ingredients) if state.ingredients else store.root
    remedy = "fetched" if state.can_be_fetched else "computed"
    return f"Expected {folder} as it was finished, but {state.damage}. It is {remedy} again."


def start_ready(missing: Sequence[State], workers: Workers) -> None:
    """Start stages whose inputs are finished, in their order, while there is room for the next."""
    running = {task.state.stage.name for task in workers.tasks.values()}
    for state in missing:
        if state.stage.name not in running and state.ready:
            if not workers.room_for(state.stage):
                break
            workers.start(state)


def ended(finished: State, states: Sequence[State], left: Outlook) -> str:
    """The line about a stage that has ended: its seconds, and what is left."""
    name = finished.stage.name
    seconds = [state.artefact.manifest.seconds for state in states if state.artefact and state.stage.name == name]
    rest = f"{left.missing} left{', ' if left.time else ''}{left.time}" if left.missing else "all are computed"
    return f"{name} {seconds[0]:.0f} s; {rest}" if seconds else f"{name} must be computed again; {rest}"


def result_of(state: State, store: Store) -> Artefact | None:
    """The result in the store, or what is recorded of it; None if neither exists."""
    if state.artefact or not state.ingredients or not state.manifest:
        return state.artefact
    return Artefact(store.folder(state.ingredients), state.manifest)


def fetch(stages: Sequence[Stage], store: Store, record: Record = NOTHING) -> list[State]:
    """Fetch what pages need and can be fetched; nothing is computed. The states afterwards."""
    states = survey(stages, store, record)
    while batch := [state for state in needed(states) if state.can_be_fetched]:
        mark_layout(store.root)
        record = fetched(batch, store, record)
        states = survey(stages, store, record)
    return states


def fetched(batch: Sequence[State], store: Store, record: Record) -> Record:
    """Put results that are kept or elsewhere into the store; returns the record without those that are damaged."""
    log.info("fetching %s", ", ".join(state.stage.name for state in batch))
    for state in batch:
        if state.ingredients is None or state.manifest is None:
            continue
        try:
            store.make(state.ingredients, filling(state, state.ingredients), state.manifest)
        except StoreError as error:
            if state.offer:
                log.warning("%s It is computed instead.", error)
                state.offer.place.refuse(state.ingredients.key)
            else:
                log.warning("%s It is computed instead. Restore the file, or run `camfolio record`.", error)
                record = record.without(state.stage.name)
    return record


def filling(state: State, ingredients: Ingredients) -> Callable[[Path], None]:
    """What fills a folder with the result of a stage that is kept or elsewhere."""
    if state.offer:
        return partial(state.offer.place.fetch, ingredients, state.offer.recorded)
    if state.kept is None or state.recorded is None:
        msg = f"Expected a result of {state.stage.name} to fetch, but there is none."
        raise StoreError(msg)
    return partial(unpack, state.kept, state.recorded.outputs)
