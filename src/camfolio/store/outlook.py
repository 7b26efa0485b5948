"""What is left of a build, and about how long it takes on this machine."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from camfolio.store.artefacts import Store
from camfolio.store.record import Record
from camfolio.store.survey import State, needed

LONG_ENOUGH = 0.5
"""Seconds from which a result tells how fast this machine is; start and files decide the time of shorter ones."""


@dataclass(frozen=True)
class Outlook:
    """What is left of a build.

    Attributes:
        here: results in the store, or not needed there.
        kept: results to fetch.
        missing: results to compute.
        seconds: expected time of those whose time is known, s.
        unknown: how many were never computed, here or elsewhere.
    """

    here: int
    kept: int
    missing: int
    seconds: float
    unknown: int

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


def outlook(states: Sequence[State], store: Store, record: Record, *, everything: bool = False) -> Outlook:
    """What is left of a build, by what is recorded or by earlier results in the store."""
    missing = needed(states, everything)
    computed = [state for state in missing if not state.can_be_fetched]
    ratio = speed(states) if computed else 1.0
    expected = [expected_seconds(state.stage.name, store, record, ratio) for state in computed]
    known = [seconds for seconds in expected if seconds is not None]
    return Outlook(
        here=len(states) - len(missing),
        kept=len(missing) - len(computed),
        missing=len(computed),
        seconds=sum(known, start=0.0),
        unknown=len(computed) - len(known),
    )


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
