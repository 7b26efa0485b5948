"""`localisation.json`: energy of the maps inside the nodule's mask, as means over the test slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.interval import Interval
from camfolio.results.result import MethodKey, ResultFile


class MethodDifference(Interval):
    """A mean difference of two methods, `first` minus `second`, with its interval."""

    first: str
    """Key of the method that is subtracted from."""
    second: str
    """Key of the method that is subtracted."""


class LocalisationResult(ResultFile):
    """Energy of the maps inside the nodule's mask, as means over the test slices with intervals over patients."""

    FILE: ClassVar[str] = "localisation.json"

    area_share: Interval
    """Share of the slice that the mask covers, 0 to 1: the energy share of a uniform map."""
    energy_share: Mapping[MethodKey, Interval]
    """Share of the map's energy inside the mask, 0 to 1, by method."""
    difference: tuple[MethodDifference, ...]
    """Energy share of one method minus that of another, -1 to 1, for every pair of methods."""
    above_area: Mapping[MethodKey, Interval]
    """Energy share minus area share, -1 to 1, by method."""
