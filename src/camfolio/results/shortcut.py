"""`shortcut.json`: whether networks learned a planted cue, and whether maps reveal it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.interval import Interval
from camfolio.results.planting import PlantingResult
from camfolio.results.result import Count, Cue, Method, Number, Ratio, Result, ResultFile


class SeedsInterval(Interval):
    """A mean over seeds with its interval over patients."""

    by_seed: tuple[Number | None, ...]
    """The value of each seed's networks alone; None where it is not defined."""


class FlipShare(SeedsInterval):
    """Share of slices, 0 to 1, whose prediction changes."""

    slices: Count
    """Slices of the class in question."""


class Flips(Result):
    """How often predictions change with the cue."""

    put_in: FlipShare
    """Of the slices of the first class, when the cue is put in."""
    taken_out: FlipShare
    """Of the slices of the second class, when the cue is taken out."""


class AucBySeed(Result):
    """AUC of the predictions on the test part, one number per seed; None with slices of one class."""

    with_cue: tuple[Number | None, ...]
    """With the cue in every slice."""
    without_cue: tuple[Number | None, ...]
    """With the slices as they are."""


class Predictions(Result):
    """Predictions of one kind of networks."""

    auc: AucBySeed
    """How well they separate the classes."""
    flips: Flips
    """How often they change with the cue."""


class MapValues(Result):
    """A number for maps of slices with and without the cue."""

    with_cue: SeedsInterval
    """With the cue in every slice."""
    without_cue: SeedsInterval
    """With the slices as they are."""


class MapCounts(Result):
    """A count of maps of slices with and without the cue, over all seeds."""

    with_cue: Count
    """With the cue in every slice."""
    without_cue: Count
    """With the slices as they are."""


class NetworkMaps(Result):
    """Maps of one kind of networks by one method."""

    energy: MapValues
    """Share of the energy in the cue's region, 0 to 1."""
    alarms: MapValues
    """Share of maps, 0 to 1, with more than `alarm` times as much energy there as the region's share of the area."""
    empty: MapCounts
    """Empty maps, which have no energy and are excluded."""


class MethodMaps(Result):
    """Maps by one method."""

    shortcut: NetworkMaps
    """Of networks that were trained with the cue."""
    clean: NetworkMaps
    """Of networks that were trained without it."""
    detection: MapValues
    """AUC of the energy in the cue's region: how well it separates maps of the two kinds of networks."""


class CueResult(Result):
    """One planted cue."""

    planting: PlantingResult
    """Which slices have it."""
    shortcut: Predictions
    """Predictions of networks that were trained with the cue."""
    clean: Predictions
    """Predictions of networks that were trained without it."""
    methods: Mapping[Method, MethodMaps]
    """Their maps, by method."""


class ShortcutResult(ResultFile):
    """Whether networks learned a planted cue, and whether maps reveal it; means over seeds with intervals over patients."""

    FILE: ClassVar[str] = "shortcut.json"

    slices: Count
    """Slices of the test part."""
    patients: Count
    """Patients of the test part."""
    seeds: Count
    """Networks of each kind."""
    alarm: Ratio
    """Energy in the cue's region over its share of the area at which a map raises an alarm."""
    cues: Mapping[Cue, CueResult]
    """By cue."""

    @property
    def maps(self) -> int:
        """Maps of each kind: one per slice and seed."""
        return self.slices * self.seeds
