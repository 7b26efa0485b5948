"""`shortcut.json`: whether networks learned a planted cue, and whether maps reveal it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.networks import NetworksInterval
from camfolio.results.planting import PlantingResult
from camfolio.results.result import Count, CueKey, MethodKey, Number, Ratio, Result, ResultFile


class FlipShare(NetworksInterval):
    """Share of slices, 0 to 1, whose prediction changes."""

    slices: Count
    """Slices of the class whose predictions are counted."""


class Flips(Result):
    """How often predictions change with the cue."""

    put_in: FlipShare
    """Slices of the first class whose prediction changes when the cue is added."""
    taken_out: FlipShare
    """Slices of the second class whose prediction changes when the cue is removed."""


class AucByNetwork(Result):
    """AUC of the predictions on the test part, one number per network; None if all slices are of one class."""

    with_cue: tuple[Number | None, ...]
    """With the cue in every slice."""
    without_cue: tuple[Number | None, ...]
    """With no cue in any slice."""


class NetworkPredictions(Result):
    """Predictions of one kind of network."""

    auc: AucByNetwork
    """AUC of the predictions."""
    flips: Flips
    """Predictions that change with the cue."""


class MapValues(Result):
    """A value for maps of slices with and without the cue."""

    with_cue: NetworksInterval
    """With the cue in every slice."""
    without_cue: NetworksInterval
    """With no cue in any slice."""


class MapCounts(Result):
    """A count of maps of slices with and without the cue, over all networks."""

    with_cue: Count
    """With the cue in every slice."""
    without_cue: Count
    """With no cue in any slice."""


class NetworkMaps(Result):
    """Maps of one kind of network by one method."""

    energy: MapValues
    """Share of the energy in the cue's region, 0 to 1."""
    alarms: MapValues
    """Share of maps, 0 to 1, with an energy share in the region above `alarm` times the region's share of the area."""
    empty: MapCounts
    """Empty maps, which are excluded."""


class MethodMaps(Result):
    """Maps by one method."""

    shortcut: NetworkMaps
    """Maps of networks that were trained with the cue."""
    clean: NetworkMaps
    """Maps of networks that were trained without it."""
    detection: MapValues
    """AUC of the energy in the cue's region as a classifier of the two kinds of networks, pair by pair: a network trained with the cue and
    a clean one of the same seed."""


class CueResult(Result):
    """One planted cue."""

    planting: PlantingResult
    """Slices that have the cue."""
    shortcut: NetworkPredictions
    """Predictions of networks that were trained with the cue."""
    clean: NetworkPredictions
    """Predictions of networks that were trained without it."""
    methods: Mapping[MethodKey, MethodMaps]
    """Maps of both kinds of networks, by method."""


class ShortcutResult(ResultFile):
    """Whether networks learned a planted cue, and whether maps reveal it; means over networks with intervals over networks and patients."""

    FILE: ClassVar[str] = "shortcut.json"

    slices: Count
    """Slices of the test part."""
    patients: Count
    """Patients of the test part."""
    seeds: Count
    """Networks of each kind."""
    alarm: Ratio
    """Threshold of alarms: energy share in the cue's region over the region's share of the area."""
    cues: Mapping[CueKey, CueResult]
    """Results by cue."""

    @property
    def maps(self) -> int:
        """Number of maps of each kind of network: one per slice and network."""
        return self.slices * self.seeds
