"""What is left of a build, and about how long it takes on this machine."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from camfolio.store.artefacts import Store
from camfolio.store.capacity import jobs, slots
from camfolio.store.record import Record
from camfolio.store.stage import Stage
from camfolio.store.survey import State, needed

NONE: Mapping[str, float] = MappingProxyType({})
LONG_ENOUGH = 0.5
"""Seconds from which a result tells how fast this machine is; start and files decide the time of shorter ones."""


@dataclass(frozen=True)
class Outlook:
    """What is left of a build.

    Attributes:
        here: results in the store, or not needed there.
        kept: results to fetch.
        missing: results to compute.
        seconds: expected time, s, in which all are computed whose time is known, side by side where possible.
        unknown: how many were never computed, here or elsewhere.
        expected: stage -> expected time of its result, s, for those whose time is known.
    """

    here: int
    kept: int
    missing: int
    seconds: float
    unknown: int
    expected: Mapping[str, float] = field(default_factory=dict)

    def after(self, seconds: float) -> Outlook:
        """The same, so many seconds later, if nothing has been finished meanwhile."""
        return replace(self, seconds=max(self.seconds - seconds, 0.0))

    @property
    def time(self) -> str:
        """The expected time in words; empty if nothing is known of it.

        >>> Outlook(1, 0, 3, 130.0, 0).time, Outlook(1, 0, 3, 20.0, 1).time, Outlook(1, 0, 3, 0.0, 3).time
        ('about 2 minutes', 'less than a minute, besides 1 result of unknown time', '')
        """
        if self.unknown == self.missing:
            return ""
        minutes = round(self.seconds / 60)
        words = "less than a minute" if minutes < 1 else f"about {minutes} minute{'s' if minutes > 1 else ''}"
        return words + (
            f", besides {self.unknown} result{'s' if self.unknown > 1 else ''} of unknown time" if self.unknown else ""
        )

    def __str__(self) -> str:
        begin = f"{self.here} results are here, {self.kept} are fetched, {self.missing} are computed"
        return f"{begin}: {self.time}" if self.missing and self.time else begin


def outlook(
    states: Sequence[State],
    store: Store,
    record: Record,
    *,
    everything: bool = False,
    elapsed: Mapping[str, float] = NONE,
) -> Outlook:
    """What is left of a build, by what is recorded or by earlier results in the store.

    Args:
        states: of all its stages.
        store: where results are.
        record: what is recorded of them.
        everything: as in `build`.
        elapsed: stage -> for how long it has been computed already, s.
    """
    missing = needed(states, everything)
    computed = [state for state in missing if not state.can_be_fetched]
    ratio = speed(states) if computed else 1.0
    times = {state.stage.name: expected_seconds(state.stage.name, store, record, ratio) for state in computed}
    expected = {name: seconds for name, seconds in times.items() if seconds is not None}
    left = {name: max(seconds - elapsed.get(name, 0.0), 0.0) for name, seconds in expected.items()}
    return Outlook(
        here=len(states) - len(missing),
        kept=len(missing) - len(computed),
        missing=len(computed),
        seconds=makespan([state.stage for state in computed], left, jobs()) if computed else 0.0,
        unknown=len(computed) - len(expected),
        expected=expected,
    )


def makespan(stages: Sequence[Stage], seconds: Mapping[str, float], available: int) -> float:
    """When the last of some stages is finished, s, if each is started in their order as soon as its inputs and processors are there.

    Args:
        stages: in topological order.
        seconds: stage -> its time, s; 0 for others.
        available: processors.
    """
    free = [0.0] * available
    finished: dict[str, float] = {}
    for stage in stages:
        wanted = slots(stage, available)
        free.sort()
        inputs = max((finished.get(name, 0.0) for name in stage.upstream.values()), default=0.0)
        end = max(inputs, free[wanted - 1]) + seconds.get(stage.name, 0.0)
        free[:wanted] = [end] * wanted
        finished[stage.name] = end
    return max(free)


def expected_seconds(stage: str, store: Store, record: Record, ratio: float) -> float | None:
    """Expected time of a stage, s: as in its newest result here, else as recorded; None if there is neither."""
    earlier = store.history(stage)
    if earlier:
        return earlier[0].seconds
    recorded = record.stages.get(stage)
    return recorded.seconds * ratio if recorded else None


def speed(states: Sequence[State]) -> float:
    """How much longer this machine takes than the one that recorded: a median over the results that both computed."""
    ratios = [
        state.artefact.manifest.seconds / state.recorded.seconds
        for state in states
        if state.artefact
        and state.recorded
        and state.recorded.seconds >= LONG_ENOUGH
        and state.artefact.manifest.seconds != state.recorded.seconds
    ]
    return statistics.median(ratios) if ratios else 1.0
