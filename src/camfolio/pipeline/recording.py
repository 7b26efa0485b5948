"""Record a study's results in its results file, and keep beside it what took long and is small."""

from __future__ import annotations

import tempfile
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from camfolio.errors import StoreError, nearest
from camfolio.pipeline.contents import stages
from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.store.packed import pack, unpack
from camfolio.store.record import Record, Recorded, read_record
from camfolio.store.stage import Stage
from camfolio.store.survey import State, needed, survey
from camfolio.study.file import read_study

ALL = "all"
"""Name for every stage, in `carried`."""


@dataclass(frozen=True)
class Rule:
    """Which results are kept beside a study: those that a fresh clone needs and would wait for, as far as they are small.

    Pictures are not kept, since every change of style draws them again; nor are slices, which may be those of patients.

    Attributes:
        seconds: computing time of a kept result, s, at least.
        size: bytes of its files, at most.
    """

    seconds: float = 5.0
    size: int = 6 * 10**6

    def __str__(self) -> str:
        return (
            "Kept: what a fresh clone needs, no pictures and no slices, if it takes at least "
            f"{self.seconds:g} s with what only it needs, and at most {self.size / 1e6:g} MB."
        )

    def allows(self, state: State) -> bool:
        """Whether a result may be kept, however long it took; one that is not in the store only if it is kept already."""
        if state.stage.local or state.manifest is None:
            return False
        return size_of(state) <= self.size if state.artefact else state.kept is not None


def size_of(state: State) -> int:
    """Bytes of a result's files, in the store or kept (compressed); 0 if they are in neither."""
    if state.artefact:
        return sum((state.artefact / name).stat().st_size for name in state.artefact.manifest.outputs)
    return state.kept.stat().st_size if state.kept else 0


def record_study(path: Path, store: Store, rule: Rule, carry: Sequence[str] = ()) -> list[State]:
    """Compute what is missing, record key and digests of every result, and keep what the rule allows.

    A result that is recorded already stays as it is recorded, although this processor may give other last digits.

    Args:
        path: the study file.
        store: where results are.
        rule: which results are kept.
        carry: stages whose recorded results stay valid although their code or settings changed, or `all`.

    Returns:
        The state of every stage, recorded.

    Raises:
        StoreError: for a stage to carry over of which nothing is recorded.
        CamfolioError: of the first stage that failed.
    """
    table = stages(read_study(path), path.parent)
    return record_results(table, store, read_record(path, store), rule, carry)


def record_results(
    table: Sequence[Stage], store: Store, record: Record, rule: Rule, carry: Sequence[str] = ()
) -> list[State]:
    """Compute, record and keep the results of stages; see `record_study`."""
    record = carried(record, table, store, carry)
    for name, recorded in record.stages.items():
        if recorded.kept and kept_error(record, name, recorded):
            record = record.without(name)  # so that it is packed again
    while True:
        build(table, store, record=record, everything=True)
        states = survey(table, store, record)
        kept = kept_stages(states, rule)
        entries = {state.stage.name: entry(state, state.stage.name in kept) for state in states}
        changed = record.changed({name: one for name, one in entries.items() if one})
        pack_kept(states, changed)
        changed.write()
        if changed.stages == record.stages:
            return survey(table, store, changed)
        record = changed


def entry(state: State, kept: bool) -> Recorded | None:
    """What is recorded of a stage: what was, unless its files must be kept and are only in the store."""
    lost = kept and state.kept is None and state.artefact is not None
    if state.recorded and not (lost and state.artefact and state.artefact.manifest.outputs != state.recorded.outputs):
        return state.recorded.model_copy(update={"kept": kept})
    if state.artefact is None:
        return None
    manifest = state.artefact.manifest
    return Recorded(
        key=manifest.key,
        outputs=manifest.outputs,
        seconds=manifest.seconds,
        computed=manifest.computed,
        processor=manifest.processor,
        kept=kept,
    )


def kept_stages(states: Sequence[State], rule: Rule) -> set[str]:
    """The stages whose results are kept: those that an empty store needs, the rule allows, and that take long."""
    allowed = {state.stage.name for state in states if rule.allows(state)}
    clone = [
        replace(state, artefact=None, folders={}, offer=None, kept=Path() if state.stage.name in allowed else None)
        for state in states
    ]
    asked = {state.stage.name for state in needed(clone)}
    return {name for name in asked & allowed if seconds_alone(name, states, asked) >= rule.seconds}


def seconds_alone(name: str, states: Sequence[State], asked: Container[str]) -> float:
    """Computing time of a stage, s, with that of the stages before it that nobody else asks for."""
    by_name = {state.stage.name: state for state in states}
    alone, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        alone.add(one)
        waiting += [
            other for other in by_name[one].stage.upstream.values() if other not in asked and other not in alone
        ]
    return sum(manifest.seconds for one in alone if (manifest := by_name[one].manifest))


def pack_kept(states: Sequence[State], record: Record) -> None:
    """Write the kept results that have no file yet, and delete files that no result has any more."""
    files = {record.folder / f"{name}.zip" for name, recorded in record.stages.items() if recorded.kept}
    for old in set(record.folder.glob("*")) - files:
        old.unlink()
    for state in states:
        recorded, file = record.stages.get(state.stage.name), record.folder / f"{state.stage.name}.zip"
        if recorded and recorded.kept and state.artefact and not state.kept:
            pack(state.artefact.folder, recorded.outputs, file)


def carried(record: Record, table: Sequence[Stage], store: Store, names: Sequence[str]) -> Record:
    """A record in which the results of the named stages belong to the code and settings as they are now."""
    for name in set(names) - {ALL, *record.stages}:
        msg = f"Expected a recorded stage to carry over, but got {name!r}. {nearest(name, record.stages)}"
        raise StoreError(msg)
    for stage in table:
        old = record.stages.get(stage.name)
        if old is None or not {ALL, stage.name} & set(names):
            continue
        state = next(state for state in survey(table, store, record) if state.stage.name == stage.name)
        if state.ingredients is None:
            msg = f"Expected known results before {stage.name}, but it {state.reason}. Carry them over, too."
            raise StoreError(msg)
        if state.recorded is None:
            new = old.model_copy(update={"key": state.ingredients.key, "carried": True})
            record = record.changed({**record.stages, stage.name: new})
    return record


def check_record(path: Path, store: Store) -> None:
    """Check that every result of a study is recorded for the code and settings as they are, and that kept ones are whole.

    Raises:
        StoreError: with the command that brings the record up to date.
    """
    check_results(stages(read_study(path), path.parent), store, read_record(path, store), path)


def check_results(table: Sequence[Stage], store: Store, record: Record, path: Path) -> None:
    """Check what is recorded of the stages of a study file; see `check_record`."""
    states = survey(table, store, record)
    changed = [state.stage.name for state in states if state.recorded is None]
    if changed:
        msg = (
            f"Expected a recorded result of every stage of {path}, but {some(changed)} changed since. Run `camfolio record "
            f"{path}` (with `--carry STAGE` for a stage whose result the change does not concern), and commit what it wrote."
        )
        raise StoreError(msg)
    for name, recorded in record.stages.items():
        if recorded.kept and (error := kept_error(record, name, recorded)):
            msg = f"{error} Restore the file, or run `camfolio record {path}`."
            raise StoreError(msg)


def kept_error(record: Record, name: str, recorded: Recorded) -> StoreError | None:
    """What is wrong with a stage's kept file; None if its bytes are those that were recorded."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            unpack(record.folder / f"{name}.zip", recorded.outputs, Path(folder))
    except StoreError as error:
        return error
    return None


def some(names: Iterable[str], most: int = 5) -> str:
    """Names in a list, of many only the first.

    >>> some(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
