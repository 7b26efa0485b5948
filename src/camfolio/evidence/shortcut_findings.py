"""What a study about a planted shortcut may claim: whether networks learned it, and whether maps reveal it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from camfolio.evidence.findings import CHANCE, is_above, is_below
from camfolio.results.interval import Interval
from camfolio.results.result import Count, CueKey, MethodKey
from camfolio.results.shortcut import MapValues, MethodMaps, ShortcutResult

Detection = Literal["yes", "inverted", "not shown", "no interval", "not defined"]
FALSE_ALARMS = 0.1
"""If the alarm rate of clean networks' maps has an interval above this, false alarms are called frequent."""
MOSTLY_MISSED = 0.5
"""If the alarm rate of maps of networks that learned the cue has an interval below this, they mostly miss it."""


@dataclass(frozen=True)
class Detected:
    """Whether maps separate the two kinds of networks.

    Attributes:
        with_cue: from maps of slices with the cue.
        without_cue: from maps of slices without it.
    """

    with_cue: Detection
    without_cue: Detection


@dataclass(frozen=True)
class Alarm:
    """How often the maps of one method raise an alarm on one cue.

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
    """Number of empty maps of one method and kind of network.

    Attributes:
        cue: key of the cue.
        method: key of the method.
        network: `shortcut` or `clean`.
        shown: `with` or `without` the cue in the slice.
        count: number of empty maps.
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
        learned: whether adding the cue changes more predictions of networks trained with it than of clean networks.
        detection: whether the maps of each method separate the two kinds of networks.
        false_alarms: methods and cues with frequent alarms on maps of clean networks.
        missed: methods and learned cues with alarms on few maps of networks trained with the cue.
        empty_maps: methods, cues and kinds of networks with empty maps, which are excluded.
        maps: number of maps of each kind.
    """

    learned: Mapping[CueKey, bool]
    detection: Mapping[CueKey, Mapping[MethodKey, Detected]]
    false_alarms: tuple[Alarm, ...]
    missed: tuple[Alarm, ...]
    empty_maps: tuple[EmptyMaps, ...]
    maps: Count

    def methods_with(self, verdict: Detection, cue: str) -> list[str]:
        """Methods with this verdict on whether their maps of slices with the cue separate the two kinds of networks."""
        return [method for method, detected in self.detection[cue].items() if detected.with_cue == verdict]

    @property
    def revealing(self) -> dict[CueKey, list[str]]:
        """Methods whose maps separate the two kinds of networks."""
        return {cue: self.methods_with("yes", cue) for cue in self.detection}

    @property
    def inverted(self) -> dict[CueKey, list[str]]:
        """Methods by which maps of clean networks have more energy in the cue's region."""
        return {cue: self.methods_with("inverted", cue) for cue in self.detection}

    @property
    def undecided(self) -> dict[CueKey, list[str]]:
        """Methods for which neither is shown."""
        return {
            cue: [name for name in methods if name not in {*self.revealing[cue], *self.inverted[cue]}]
            for cue, methods in self.detection.items()
        }


def shortcut_findings(shortcut: ShortcutResult) -> ShortcutFindings:
    """Decide everything that the page of a study about a planted shortcut claims, from its stage's result."""
    learned = {
        cue: is_learned(result.shortcut.flips.put_in, result.clean.flips.put_in)
        for cue, result in shortcut.cues.items()
    }
    maps = [
        (cue, name, of_method) for cue, result in shortcut.cues.items() for name, of_method in result.methods.items()
    ]
    clean = [Alarm(cue, name, of_method.clean.alarms.with_cue) for cue, name, of_method in maps]
    trained = [Alarm(cue, name, of_method.shortcut.alarms.with_cue) for cue, name, of_method in maps if learned[cue]]
    return ShortcutFindings(
        learned=learned,
        detection={
            cue: {name: detected(of_method.detection) for name, of_method in result.methods.items()}
            for cue, result in shortcut.cues.items()
        },
        false_alarms=tuple(alarm for alarm in clean if is_above(alarm.rate, FALSE_ALARMS)),
        missed=tuple(alarm for alarm in trained if is_below(alarm.rate, MOSTLY_MISSED)),
        empty_maps=tuple(empty for cue, name, of_method in maps for empty in empty_maps(cue, name, of_method)),
        maps=shortcut.maps,
    )


def empty_maps(cue: str, method: str, maps: MethodMaps) -> Iterator[EmptyMaps]:
    """The empty maps of one method and cue, by kind of network."""
    for network, counts in (("shortcut", maps.shortcut.empty), ("clean", maps.clean.empty)):
        for shown, count in (("with", counts.with_cue), ("without", counts.without_cue)):
            if count:
                yield EmptyMaps(cue, method, network, shown, count)


def is_learned(trained: Interval, clean: Interval) -> bool:
    """Whether the cue changes more predictions of networks trained with it than of clean ones, by intervals that do not
    overlap.
    """
    return trained.low is not None and clean.high is not None and trained.low > clean.high


def detected(auc: MapValues) -> Detected:
    """Whether maps separate the two kinds of networks, with and without the cue in the slice."""
    return Detected(detection_verdict(auc.with_cue), detection_verdict(auc.without_cue))


def detection_verdict(auc: Interval) -> Detection:
    """Whether maps separate the two kinds of networks, by the AUC of the energy in the cue's region."""
    if auc.value is None:
        return "not defined"
    if auc.low is None:
        return "no interval"
    if is_above(auc, CHANCE):
        return "yes"
    return "inverted" if is_below(auc, CHANCE) else "not shown"
