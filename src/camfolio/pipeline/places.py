"""Results of a study travel: to a place where other machines find them, and from there to the store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import inspect_study
from camfolio.store.artefacts import Store
from camfolio.store.build import fetch
from camfolio.store.places import Place
from camfolio.store.record import read_record
from camfolio.store.survey import needed, survey
from camfolio.study.file import read_study


def push(path: Path, store: Store, address: str, overrides: Sequence[str] = ()) -> tuple[int, int, int]:
    """Copy the results of a study that are in the store to a place.

    Pictures and slices stay: the former are drawn again, the latter may show patients (see `Stage.local`).

    Returns:
        How many were sent, how many were there already, and how many stay.

    Raises:
        CamfolioError: for a mistake in the study, or if the place cannot be written.
    """
    finished = [state for state in inspect_study(path, store, overrides) if state.artefact]
    place = Place(address)
    sent = [place.send(state.artefact) for state in finished if state.artefact and not state.stage.local]
    return sum(sent), len(sent) - sum(sent), len(finished) - len(sent)


def pull(path: Path, store: Store, overrides: Sequence[str] = ()) -> tuple[int, int]:
    """Fetch the results that a build of a study needs and that are kept or at a place of the store.

    Returns:
        How many were fetched, and how many a build would still compute.

    Raises:
        CamfolioError: for a mistake in the study.
    """
    table, record = stages(read_study(path, overrides), path.parent), read_record(path, store)
    before = sum(state.artefact is not None for state in survey(table, store, record))
    states = fetch(table, store, record)
    return sum(state.artefact is not None for state in states) - before, len(needed(states))
