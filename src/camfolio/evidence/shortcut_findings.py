"""What a study about a planted shortcut may claim: whether networks learned it, and whether maps reveal it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from camfolio.evidence.degenerate import Degenerate, degenerate
from camfolio.evidence.sample_size import FEW_PATIENTS
from camfolio.evidence.verdicts import CHANCE, is_above, is_below
from camfolio.results.networks import NetworksInterval
from camfolio.results.result import Count, CueKey, MethodKey
from camfolio.results.shortcut import MapValues, MethodMaps, ShortcutResult

Detection = Literal["yes", "inverted", "depends on the training", "not shown", "no interval", "not defined"]
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
    rate: NetworksInterval


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
        learned: whether adding the cue changes more predictions of networks trained with it than of clean networks: all networks must
            agree.
        detection: whether the maps of each method separate the two kinds of networks: all networks must agree.
        false_alarms: methods and cues with frequent alarms on maps of clean networks.
        missed: methods and learned cues with alarms on few maps of networks trained with the cue.
        empty_maps: methods, cues and kinds of networks with empty maps, which are excluded.
        maps: number of maps of each kind.
        degenerate: resamples that intervals leave out.
        few_patients: whether intervals cover less than they say, since there are fewer than 30 patients.
    """

    learned: Mapping[CueKey, bool]
    detection: Mapping[CueKey, Mapping[MethodKey, Detected]]
    false_alarms: tuple[Alarm, ...]
    missed: tuple[Alarm, ...]
    empty_maps: tuple[EmptyMaps, ...]
    maps: Count
    degenerate: Degenerate
    few_patients: bool

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
    def varying(self) -> dict[CueKey, list[str]]:
        """Methods whose answer depends on the training."""
        return {cue: self.methods_with("depends on the training", cue) for cue in self.detection}

    @property
    def undecided(self) -> dict[CueKey, list[str]]:
        """Methods for which none of that is shown."""
        decided = (self.revealing, self.inverted, self.varying)
        return {
            cue: [name for name in methods if not any(name in found[cue] for found in decided)]
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
        false_alarms=tuple(alarm for alarm in clean if all_above(alarm.rate, FALSE_ALARMS)),
        missed=tuple(alarm for alarm in trained if all_below(alarm.rate, MOSTLY_MISSED)),
        empty_maps=tuple(empty for cue, name, of_method in maps for empty in empty_maps(cue, name, of_method)),
        maps=shortcut.maps,
        degenerate=degenerate(shortcut),
        few_patients=shortcut.patients < FEW_PATIENTS,
    )


def empty_maps(cue: str, method: str, maps: MethodMaps) -> Iterator[EmptyMaps]:
    """The empty maps of one method and cue, by kind of network."""
    for network, counts in (("shortcut", maps.shortcut.empty), ("clean", maps.clean.empty)):
        for shown, count in (("with", counts.with_cue), ("without", counts.without_cue)):
            if count:
                yield EmptyMaps(cue, method, network, shown, count)


def all_above(value: NetworksInterval, limit: float) -> bool:
    """Whether the interval over networks and patients, and the value of every network, lie above a limit."""
    return is_above(value, limit) and all(each.value is not None and each.value > limit for each in value.by_network)


def all_below(value: NetworksInterval, limit: float) -> bool:
    """Whether the interval over networks and patients, and the value of every network, lie below a limit."""
    return is_below(value, limit) and all(each.value is not None and each.value < limit for each in value.by_network)


def is_learned(trained: NetworksInterval, clean: NetworksInterval) -> bool:
    """Whether the cue changes more predictions of networks trained with it than of clean ones: the intervals do not overlap, and
    every network trained with it is above every clean one.
    """
    if trained.low is None or clean.high is None or trained.lowest is None or clean.highest is None:
        return False
    return trained.low > clean.high and (trained.lowest.value or 0.0) > (clean.highest.value or 0.0)


def detected(auc: MapValues) -> Detected:
    """Whether maps separate the two kinds of networks, with and without the cue in the slice."""
    return Detected(detection_verdict(auc.with_cue), detection_verdict(auc.without_cue))


def detection_verdict(auc: NetworksInterval) -> Detection:
    """Whether maps separate the two kinds of networks, by the AUC of the energy in the cue's region.

    A verdict needs an interval over networks and patients that excludes chance, and every pair of networks on its side. Else
    the answer depends on the training, if the patients' intervals of two pairs do not overlap.
    """
    if auc.value is None:
        return "not defined"
    if auc.low is None:
        return "no interval"
    if all_above(auc, CHANCE):
        return "yes"
    if all_below(auc, CHANCE):
        return "inverted"
    return "depends on the training" if auc.networks_differ else "not shown"
