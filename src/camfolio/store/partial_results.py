"""Results of a study of which some are missing: all names are there, and reading one that is not finished is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from camfolio.errors import WaitingError
from camfolio.store.artefacts import Artefact, Store
from camfolio.store.build import result_of
from camfolio.store.survey import State, needed


class PartialResults(Mapping):  # type: ignore[type-arg]  # with them, type checks at run time would read a result
    """By stage the results of a study as `build` returns them, with the names of those that it would still compute.

    Args:
        study: name of the study's file.
        states: of all its stages.
        store: where results are.

    Attributes:
        missing: names of the stages whose results are not finished.
        finished: the other results.
    """

    def __init__(self, study: str, states: Sequence[State], store: Store) -> None:
        self.study = study
        self.store = store
        self.take(states)

    def take(self, states: Sequence[State]) -> None:
        """Take these states of the stages as the present ones."""
        missing = {state.stage.name for state in needed(states)}
        results = {state.stage.name: result_of(state, self.store) for state in states}
        self.states = states
        self.missing = frozenset(missing)
        self.finished = {name: one for name, one in results.items() if one and name not in missing}

    def update(self, states: Sequence[State]) -> None:
        """Take later states; those of stages that were declared otherwise, before an edit, are ignored."""
        if [state.stage for state in states] == [state.stage for state in self.states]:
            self.take(states)

    def __getitem__(self, name: str) -> Artefact:
        if name in self.missing:
            raise WaitingError(self.study, name)
        return self.finished[name]

    def __contains__(self, name: object) -> bool:
        return name in self.missing or name in self.finished

    def __iter__(self) -> Iterator[str]:
        return (state.stage.name for state in self.states if state.stage.name in self)

    def __len__(self) -> int:
        return len(self.missing) + len(self.finished)
