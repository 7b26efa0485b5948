"""What a study about a planted shortcut may claim: whether networks learned the cue, and whether maps reveal it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from camfolio.evidence.findings import CHANCE, Row, is_above, is_below
from camfolio.results.interval import interval_of

Detection = Literal["yes", "inverted", "not shown", "no interval", "not defined"]
FALSE_ALARMS = 0.1
"""Maps of clean networks that raise an alarm in surely more than this share of the slices do so often."""
MOSTLY_SILENT = 0.5
"""Maps of networks that use the cue and raise an alarm in surely less than this share of the slices mostly miss it."""


@dataclass(frozen=True)
class Alarm:
    """How often the maps of one method raise an alarm about one cue."""

    cue: str
    method: str
    rate: Row


@dataclass(frozen=True)
class EmptyMaps:
    """How many maps of one kind are empty: of a method, by one kind of network, `with` or `without` the cue."""

    cue: str
    method: str
    network: str
    shown: str
    count: int


@dataclass(frozen=True)
class ShortcutFindings:
    """The verdicts of a study about a planted shortcut; cues and methods by their keys.

    Attributes:
        learned: cue -> whether putting it in changes more answers of the networks that were trained with it than of
            clean ones.
        detection: cue -> method -> `with` and `without` the cue in the slice -> whether the maps separate the two
            kinds of networks.
        false_alarms: maps of clean networks that often raise an alarm.
        missed: maps that mostly raise none about a cue that is used.
        empty_maps: kinds of maps of which some are empty, and so excluded.
        maps: how many maps there are of each kind.
    """

    learned: Mapping[str, bool]
    detection: Mapping[str, Mapping[str, Mapping[str, Detection]]]
    false_alarms: tuple[Alarm, ...]
    missed: tuple[Alarm, ...]
    empty_maps: tuple[EmptyMaps, ...]
    maps: int

    def methods_that(self, answer: Detection, cue: str) -> list[str]:
        """Methods with this verdict on whether their maps separate networks, where the cue is in the slice."""
        return [method for method, found in self.detection[cue].items() if found["with"] == answer]

    @property
    def revealing(self) -> dict[str, list[str]]:
        """Cue -> methods whose maps separate the two kinds of networks."""
        return {cue: self.methods_that("yes", cue) for cue in self.detection}

    @property
    def inverted(self) -> dict[str, list[str]]:
        """Cue -> methods under which the clean network's maps show more of the cue."""
        return {cue: self.methods_that("inverted", cue) for cue in self.detection}

    @property
    def undecided(self) -> dict[str, list[str]]:
        """Cue -> methods for which neither was shown."""
        return {
            cue: [name for name in found if name not in {*self.revealing[cue], *self.inverted[cue]}]
            for cue, found in self.detection.items()
        }


def shortcut_findings(shortcut: Mapping[str, Any], methods: Sequence[str]) -> ShortcutFindings:
    """Decide everything that the page of a study about a planted shortcut claims.

    Args:
        shortcut: what the stage `shortcut` found.
        methods: of the study.
    """
    cues: Mapping[str, Any] = shortcut["cues"]
    learned = {cue: is_learned(found["flips"]) for cue, found in cues.items()}

    def alarms(kind: str) -> list[Alarm]:
        return [
            Alarm(cue, name, found["methods"][name]["alarms"][kind]["with"])
            for cue, found in cues.items()
            for name in methods
        ]

    return ShortcutFindings(
        learned=learned,
        detection={
            cue: {
                name: {
                    word: detection_verdict(found["methods"][name]["detection"][word]) for word in ("with", "without")
                }
                for name in methods
            }
            for cue, found in cues.items()
        },
        false_alarms=tuple(alarm for alarm in alarms("clean") if is_above(alarm.rate, FALSE_ALARMS)),
        missed=tuple(
            alarm for alarm in alarms("shortcut") if learned[alarm.cue] and is_below(alarm.rate, MOSTLY_SILENT)
        ),
        empty_maps=tuple(empty_maps(cues, methods)),
        maps=shortcut["slices"] * shortcut["seeds"],
    )


def empty_maps(cues: Mapping[str, Any], methods: Sequence[str]) -> Iterator[EmptyMaps]:
    """Where maps are empty, cue by cue."""
    for cue, method in product(cues, methods):
        for network, counts in cues[cue]["methods"][method]["undefined"].items():
            yield from (EmptyMaps(cue, method, network, shown, count) for shown, count in counts.items() if count)


def is_learned(flips: Mapping[str, Any]) -> bool:
    """Whether the cue changes surely more answers of networks trained with it than of clean ones: intervals apart."""
    trained, clean = flips["shortcut"]["put_in"], flips["clean"]["put_in"]
    return trained["low"] is not None and clean["high"] is not None and bool(trained["low"] > clean["high"])


def detection_verdict(auc: Row) -> Detection:
    """Whether maps separate the two kinds of networks, by the AUC of the energy in the cue's place."""
    auc = interval_of(auc)
    if auc.value is None:
        return "not defined"
    if auc.low is None:
        return "no interval"
    if is_above(auc, CHANCE):
        return "yes"
    return "inverted" if is_below(auc, CHANCE) else "not shown"
