"""`inspection.json`: checks of the slices before anything is learned from them."""

from __future__ import annotations

from typing import ClassVar

from camfolio.results.result import Count, Hounsfield, Number, Result, ResultFile, Share


class Histogram(Result):
    """How the attenuation is distributed over all pixels."""

    edges_hu: tuple[Hounsfield, ...]
    """Edges of the bins, one more than there are bins; values beyond the axis are in the first and last bin."""
    share: tuple[Share, ...]
    """Share of all pixels in each bin."""


class SlicesPerPatient(Result):
    """How many slices a patient has."""

    lowest: Count
    """Fewest slices of a patient."""
    median: Number
    """Median over patients."""
    highest: Count
    """Most slices of a patient."""


class SimilarPair(Result):
    """Two slices of different patients that look alike."""

    first: str
    """Id of one slice."""
    second: str
    """Id of the other."""
    correlation: Number
    """Of their pixels; 1 only if all values are equal."""


class InspectionResult(ResultFile):
    """Checks of the slices before anything is learned from them."""

    FILE: ClassVar[str] = "inspection.json"

    histogram: Histogram
    """Of the attenuation."""
    warnings: tuple[str, ...]
    """Signs that values are not in HU, a sentence each."""
    slices_per_patient: SlicesPerPatient
    """How many slices patients have."""
    equal: Count
    """Pairs of slices of different patients with the same values."""
    alike: Count
    """Pairs of slices of different patients whose pixels correlate by 0.99 or more."""
    alike_of_two_classes: Count
    """Those of them whose slices have different labels."""
    pairs: tuple[SimilarPair, ...]
    """The pairs that are most alike, 200 at most."""
