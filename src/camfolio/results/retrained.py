"""`retrained.json`: maps of another training of the network against the study's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.interval import Interval
from camfolio.results.result import Count, Method, Number, Result, ResultFile, Score
from camfolio.results.similarity import Similarity


class PairedScore(Result):
    """The mean score of one method's maps under two networks, on the same slices; in the score's unit."""

    study: Interval
    """Of the study's network."""
    retrained: Interval
    """Of the other network."""
    difference: Interval
    """Of the other network minus the study's, on slices where both are defined."""


class RetrainedResult(ResultFile):
    """Maps of another training (other seed, permuted labels) on the same slices, against the study's own."""

    FILE: ClassVar[str] = "retrained.json"

    slices: Count
    """Slices in the sample."""
    patients: Count
    """Patients in the sample."""
    auc: Number | None
    """AUC of the other network on the whole test part; None with slices of one class."""
    similarity: Mapping[Method, Similarity]
    """Of the two networks' maps by the same method."""
    scores: Mapping[Score, Mapping[Method, PairedScore]]
    """Localisation scores of both networks' maps."""
