"""`retrained.json`: maps of a retrained network against those of the study's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.interval import Interval
from camfolio.results.result import Count, MethodKey, Number, Result, ResultFile, ScoreKey
from camfolio.results.similarity import Similarity


class PairedScore(Result):
    """The mean score of one method's maps under two networks, on the same slices; in the score's unit."""

    study: Interval
    """Mean score of the study's network."""
    retrained: Interval
    """Mean score of the retrained network."""
    difference: Interval
    """Score of the retrained network minus that of the study's, on slices where both are defined."""


class RetrainedResult(ResultFile):
    """Maps of a retrained network (other seed, permuted labels) against those of the study's network, on the same slices."""

    FILE: ClassVar[str] = "retrained.json"

    slices: Count
    """Slices in the sample."""
    patients: Count
    """Patients in the sample."""
    kept_epoch: Count | None
    """The epoch of the retraining, from 1, after which the weights are used."""
    epochs: Count
    """Epochs of the retraining."""
    auc: Number | None
    """AUC of the retrained network over the nodules of the whole test part; None if all are of one class."""
    similarity: Mapping[MethodKey, Similarity]
    """Similarity of the two networks' maps, by method."""
    scores: Mapping[ScoreKey, Mapping[MethodKey, PairedScore]]
    """Localisation scores of both networks' maps, by score and method."""
