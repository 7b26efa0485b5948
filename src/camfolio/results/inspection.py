"""`inspection.json`: checks of the slices before training."""

from __future__ import annotations

from typing import ClassVar

from camfolio.results.result import Count, HounsfieldUnits, Number, Result, ResultFile, Share


class Histogram(Result):
    """Histogram of the attenuation of all pixels."""

    edges_hu: tuple[HounsfieldUnits, ...]
    """Edges of the bins, one more than there are bins; values outside are counted in the first and last bin."""
    share: tuple[Share, ...]
    """Share of all pixels in each bin."""


class SlicesPerPatient(Result):
    """Number of slices per patient."""

    lowest: Count
    """Lowest number of slices of a patient."""
    median: Number
    """Median over patients."""
    highest: Count
    """Highest number of slices of a patient."""


class SimilarPair(Result):
    """Two near-duplicate slices of different patients."""

    first: str
    """Id of the first slice."""
    second: str
    """Id of the second slice."""
    correlation: Number
    """Correlation of their pixels; 1 only if all values are equal."""


class WithinPatients(Result):
    """Slices of one patient that look alike; they are in the same part of the split."""

    other_nodules: Count
    """Pairs of slices of different nodules whose pixels correlate by 0.99 or more."""
    same_nodule: Count
    """Pairs of slices of one nodule whose pixels correlate by 0.99 or more."""
    same_nodule_pairs: Count
    """Pairs of slices of one nodule, which belong together whether or not the comparison finds them."""


class InspectionResult(ResultFile):
    """Checks of the slices before training."""

    FILE: ClassVar[str] = "inspection.json"

    histogram: Histogram
    """Histogram of the attenuation."""
    warnings: tuple[str, ...]
    """Signs that values are not in HU, one sentence each."""
    slices_per_patient: SlicesPerPatient
    """Number of slices per patient."""
    equal: Count
    """Pairs of slices of different patients with the same values."""
    alike: Count
    """Pairs of slices of different patients whose pixels correlate by 0.99 or more."""
    alike_of_two_classes: Count
    """Pairs counted in `alike` whose slices have different labels."""
    within_patients: WithinPatients | None
    """Slices of one patient that look alike; None if it is not known which slices show the same nodule."""
    repeated: Count = 0
    """Slices with the same values as another one of the same patient, the first of them not counted."""
    pairs: tuple[SimilarPair, ...]
    """The pairs with the highest correlation, 200 at most."""
