"""`localisation.json`: energy of the maps inside the nodule's mask, as means over the test slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from camfolio.results.interval import Interval
from camfolio.results.result import MethodKey, Result, ResultFile, Share, SubjectKey, Unit


class Following(Result):
    """How far a map's centre follows the nodule from slice to slice: the slope of its place on that of the mask's centroid."""

    centre_of_mass: Interval
    """Of the map's centre of mass: 1 is following, 0 staying; energy that is everywhere lowers it."""
    maximum: Interval
    """Of the map's maximum: 1 is following, 0 staying."""


class LocalisationResult(ResultFile):
    """Energy of the maps inside the nodule's mask, as means over the test slices with intervals over patients."""

    FILE: ClassVar[str] = "localisation.json"

    area_share: Interval
    """Share of the slice that the mask covers, 0 to 1: the energy share of a uniform map."""
    energy_share: Mapping[MethodKey, Interval]
    """Share of the map's energy inside the mask, 0 to 1, by method."""
    above_area: Mapping[MethodKey, Interval]
    """Energy share minus area share, -1 to 1, by method."""
    frame_share: Share
    """Share of the slice that the frame of the two outermost pixels covers: its energy under a uniform map."""
    frame_energy: Mapping[MethodKey, Interval]
    """Share of the map's energy in that frame, 0 to 1, by method. Convolutions see zeros beyond the slice there."""
    offset_in_radii: Annotated[float, Unit("radii of the nodule")] | None = None
    """Median over the test slices of the distance between the mask's centroid and the slice's centre, in radii of a disc of
    the mask's area; None without a mask. Below 1, the nodules are at the slices' centres."""
    following: Mapping[SubjectKey, Following] = {}
    """How far maps follow the nodules, for methods at the layer in focus and for controls; it says something only where nodules
    are displaced."""
