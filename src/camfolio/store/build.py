"""From stages to results: missing ones are fetched where they are kept, or computed in a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from camfolio.errors import ChangedError, StoreError
from camfolio.store.artefacts import Artefact, Ingredients, Stage, Store
from camfolio.store.layout import mark_layout
from camfolio.store.outlook import Outlook, outlook
from camfolio.store.packed import unpack
from camfolio.store.record import NOTHING, Record
from camfolio.store.survey import State, needed, next_batch, survey
from camfolio.store.workers import Workers

TRIES = 3
"""How often a build starts again while code or inputs keep changing."""
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
    if (left := outlook(states, store, record, everything=everything)).missing:
        log.info("%s", left)
    with closing(Workers(store)) as workers:
        while batch := next_batch(states, everything):
            tell(states)
            mark_layout(store.root)
            try:
                if batch[0].can_be_fetched:
                    record = fetched(batch, store, record)
                else:
                    workers.run(batch)
            except ChangedError as error:
                changed += 1
                if changed == TRIES:
                    raise
                log.info("%s Trying again.", error)
            states = survey(stages, store, record)
            if not batch[0].can_be_fetched:
                log.info("%s", finished(batch, states, outlook(states, store, record, everything=everything)))
    return {state.stage.name: result for state in states if (result := result_of(state, store))}


def finished(batch: Sequence[State], states: Sequence[State], left: Outlook) -> str:
    """The line about a finished batch: seconds of each stage, and what is left."""
    names = {state.stage.name for state in batch}
    seconds = [
        f"{state.stage.name} {state.artefact.manifest.seconds:.0f} s"
        for state in states
        if state.artefact and state.stage.name in names
    ]
    rest = f"{left.missing} left{', ' if left.time else ''}{left.time}" if left.missing else "all are computed"
    return f"{', '.join(seconds) or 'nothing'}; {rest}"


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
