"""Open a study: compute missing results, or take those that are there, by the names of their stages. torch is not imported."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from camfolio.errors import DataError, StudyError, nearest
from camfolio.pipeline.contents import stages
from camfolio.store.artefacts import Artefact, Store
from camfolio.store.build import build
from camfolio.store.partial_results import PartialResults
from camfolio.store.record import NOTHING, Record, read_record
from camfolio.store.stage import Stage
from camfolio.store.survey import State, survey
from camfolio.store.workers import Workers
from camfolio.study.file import read_study
from camfolio.study.settings import Study

Results: TypeAlias = dict[str, Artefact] | PartialResults
"""Results by stage: of all stages, or of those that are finished."""


@dataclass(frozen=True)
class Portfolio:
    """A study with its name and the results of its stages; reading one that is not finished raises a WaitingError."""

    name: str
    study: Study
    artefacts: Results
    record: Record = NOTHING

    @property
    def label(self) -> str:
        """The study's short name in the navigation."""
        return self.study.label or self.name.replace("-", " ").capitalize()

    @property
    def finished(self) -> Mapping[str, Artefact]:
        """The results that are finished: all of them, unless the study was opened by `open_finished`."""
        return self.artefacts.finished if isinstance(self.artefacts, PartialResults) else self.artefacts


def open_portfolio(path: Path, store: Store, overrides: Sequence[str] = ()) -> Portfolio:
    """Read a study file and compute missing results.

    Args:
        path: a YAML file; relative paths inside it start at its folder.
        store: where results are kept.
        overrides: `key.key=value`, as in `read_study`.

    Returns:
        The study with its name, and by stage the results: their folders and manifests.

    Raises:
        CamfolioError: the sentence of the first mistake, in the file or in a stage.
    """
    study, record = read_study(path, overrides), read_record(path, store)
    return Portfolio(path.stem, study, build(stages(study, path.parent), store, record=record), record)


def open_finished(path: Path, store: Store, overrides: Sequence[str] = ()) -> Portfolio:
    """Read a study file and take the results that are there; nothing is computed.

    Args:
        path: as in `open_portfolio`, as are the others.
        store: where results are kept.
        overrides: `key.key=value`.

    Returns:
        The study with the names of all results; reading one that is not finished raises a WaitingError.

    Raises:
        CamfolioError: the sentence of the first mistake in the file.
    """
    study, record = read_study(path, overrides), read_record(path, store)
    states = survey(stages(study, path.parent), store, record)
    return Portfolio(path.stem, study, PartialResults(path.stem, states, store), record)


def inspect_study(path: Path, store: Store, overrides: Sequence[str] = ()) -> list[State]:
    """The state of every stage of a study; nothing is computed."""
    return survey(stages(read_study(path, overrides), path.parent), store, read_record(path, store))


INSPECTED = ("inspection", "figure-contact_sheet", "figure-hounsfield")
"""Stages of `camfolio inspect` that do not need the split."""


def open_inspection(path: Path, store: Store, overrides: Sequence[str] = ()) -> tuple[Portfolio, str]:
    """Checks of a study's data before training.

    Returns:
        The study with these results, and the reason why it cannot be split into parts, empty if it can.

    Raises:
        CamfolioError: the sentence of the first mistake, in the study file or in a file that it names.
    """
    study = read_study(path, overrides)
    table = stages(study, path.parent)
    record = read_record(path, store)
    results = build(with_upstream(INSPECTED, table), store, record=record)
    try:
        return Portfolio(
            path.stem, study, {**results, **build(with_upstream(("overlap",), table), store, record=record)}
        ), ""
    except DataError as error:
        return Portfolio(path.stem, study, results), str(error)


def with_upstream(names: Sequence[str], table: Sequence[Stage]) -> list[Stage]:
    """The named stages and all stages upstream of them, in the order of the table."""
    needed = set(names)
    for stage in reversed(table):
        if stage.name in needed:
            needed |= set(stage.upstream.values())
    return [stage for stage in table if stage.name in needed]


def redraw(path: Path, names: Sequence[str], store: Store, target: Path, overrides: Sequence[str] = ()) -> list[Path]:
    """Redraw figures, all of the study if none is named, from stored results.

    Returns:
        The files `STUDY-FIGURE-FILE` in the folder `target`.

    Raises:
        StudyError: for a figure that the study does not have.
        CamfolioError: the sentence of a stage that failed.
    """
    open_portfolio(path, store, overrides)
    states = {state.stage.name.removeprefix("figure-"): state for state in inspect_study(path, store, overrides)}
    drawn = {name: state for name, state in states.items() if state.stage.name.startswith("figure-")}
    for name in names:
        if name not in drawn:
            msg = f"Expected a figure of {path}, but got {name!r}. {nearest(name, drawn)}"
            raise StudyError(msg)
    wanted = {name: drawn[name] for name in names or drawn}
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        drawn_store = Store(Path(folder))
        with closing(Workers(drawn_store)) as workers:
            workers.run(list(wanted.values()))
        return [
            shutil.copyfile(artefact / file, target / f"{path.stem}-{name}-{file}")
            for name, state in wanted.items()
            if state.ingredients and (artefact := drawn_store.find(state.ingredients))
            for file in artefact.manifest.outputs
        ]
