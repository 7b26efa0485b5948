"""What a study about a planted shortcut may claim: whether networks learned the cue, and whether maps reveal it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from camfolio.evidence.findings import CHANCE, is_above, is_below
from camfolio.results.interval import Interval
from camfolio.results.result import Count, Cue, Method
from camfolio.results.shortcut import MapValues, MethodMaps, ShortcutResult

Detection = Literal["yes", "inverted", "not shown", "no interval", "not defined"]
FALSE_ALARMS = 0.1
"""Maps of clean networks that raise an alarm in surely more than this share of the slices do so often."""
MOSTLY_SILENT = 0.5
"""Maps of networks that use the cue and raise an alarm in surely less than this share of the slices mostly miss it."""


@dataclass(frozen=True)
class Detected:
    """Whether maps separate the two kinds of networks.

    Attributes:
        with_cue: with the cue in the slice.
        without_cue: without it.
    """

    with_cue: Detection
    without_cue: Detection


@dataclass(frozen=True)
class Alarm:
    """How often the maps of one method raise an alarm about one cue.

    Attributes:
        cue: key of the cue.
        method: key of the method.
        rate: share of maps that raise an alarm, 0 to 1.
    """

    cue: str
    method: str
    rate: Interval


@dataclass(frozen=True)
class EmptyMaps:
    """How many maps of one kind are empty.

    Attributes:
        cue: key of the cue.
        method: key of the method.
        network: `shortcut` or `clean`.
        shown: `with` or `without` the cue in the slice.
        count: how many are empty.
    """

    cue: str
    method: str
    network: str
    shown: str
    count: Count


@dataclass(frozen=True)
class ShortcutFindings:
    """The verdicts of a study about a planted shortcut; cues and methods by their keys.

    Attributes:
        learned: whether putting it in changes more answers of the networks that were trained with it than of
            clean ones.
        detection: whether the maps of each method separate the two kinds of networks.
        false_alarms: maps of clean networks that often raise an alarm.
        missed: maps that mostly raise none about a cue that is used.
        empty_maps: kinds of maps of which some are empty, and so excluded.
        maps: how many maps there are of each kind.
    """

    learned: Mapping[Cue, bool]
    detection: Mapping[Cue, Mapping[Method, Detected]]
    false_alarms: tuple[Alarm, ...]
    missed: tuple[Alarm, ...]
    empty_maps: tuple[EmptyMaps, ...]
    maps: Count

    def methods_that(self, answer: Detection, cue: str) -> list[str]:
        """Methods with this verdict on whether their maps separate networks, where the cue is in the slice."""
        return [method for method, found in self.detection[cue].items() if found.with_cue == answer]

    @property
    def revealing(self) -> dict[Cue, list[str]]:
        """Methods whose maps separate the two kinds of networks."""
        return {cue: self.methods_that("yes", cue) for cue in self.detection}

    @property
    def inverted(self) -> dict[Cue, list[str]]:
        """Methods under which the clean network's maps show more of the cue."""
        return {cue: self.methods_that("inverted", cue) for cue in self.detection}

    @property
    def undecided(self) -> dict[Cue, list[str]]:
        """Methods for which neither was shown."""
        return {
            cue: [name for name in found if name not in {*self.revealing[cue], *self.inverted[cue]}]
            for cue, found in self.detection.items()
        }


def shortcut_findings(shortcut: ShortcutResult) -> ShortcutFindings:
    """Decide everything that the page of a study about a planted shortcut claims, from its stage's result."""
    learned = {
        cue: is_learned(found.shortcut.flips.put_in, found.clean.flips.put_in) for cue, found in shortcut.cues.items()
    }
    maps = [(cue, name, found) for cue, of_cue in shortcut.cues.items() for name, found in of_cue.methods.items()]
    clean = [Alarm(cue, name, found.clean.alarms.with_cue) for cue, name, found in maps]
    trained = [Alarm(cue, name, found.shortcut.alarms.with_cue) for cue, name, found in maps if learned[cue]]
    return ShortcutFindings(
        learned=learned,
        detection={
            cue: {name: detected(found.detection) for name, found in of_cue.methods.items()}
            for cue, of_cue in shortcut.cues.items()
        },
        false_alarms=tuple(alarm for alarm in clean if is_above(alarm.rate, FALSE_ALARMS)),
        missed=tuple(alarm for alarm in trained if is_below(alarm.rate, MOSTLY_SILENT)),
        empty_maps=tuple(each for cue, name, found in maps for each in empty_maps(cue, name, found)),
        maps=shortcut.maps,
    )


def empty_maps(cue: str, method: str, maps: MethodMaps) -> Iterator[EmptyMaps]:
    """Where maps are empty, by network."""
    for network, counts in (("shortcut", maps.shortcut.empty), ("clean", maps.clean.empty)):
        for shown, count in (("with", counts.with_cue), ("without", counts.without_cue)):
            if count:
                yield EmptyMaps(cue, method, network, shown, count)


def is_learned(trained: Interval, clean: Interval) -> bool:
    """Whether the cue changes surely more predictions of networks trained with it than of clean ones: intervals apart."""
    return trained.low is not None and clean.high is not None and trained.low > clean.high


def detected(auc: MapValues) -> Detected:
    """Whether maps separate the two kinds of networks, with and without the cue in the slice."""
    return Detected(detection_verdict(auc.with_cue), detection_verdict(auc.without_cue))


def detection_verdict(auc: Interval) -> Detection:
    """Whether maps separate the two kinds of networks, by the AUC of the energy in the cue's place."""
    if auc.value is None:
        return "not defined"
    if auc.low is None:
        return "no interval"
    if is_above(auc, CHANCE):
        return "yes"
    return "inverted" if is_below(auc, CHANCE) else "not shown"
