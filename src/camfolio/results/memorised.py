"""`memorised.json`: maps of networks that memorised permuted labels against those of the study's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.interval import Interval
from camfolio.results.networks import NetworksInterval
from camfolio.results.result import Count, MethodKey, Number, Result, ResultFile, ScoreKey, Share
from camfolio.results.similarity import NetworksSimilarity


class MemorisingNetwork(Result):
    """One training on permuted labels."""

    accuracy: Share | None
    """Share of its training slices that it classifies as the permuted labels say, without augmentation."""
    epochs: Count
    """Epochs of the training."""
    auc: Number | None
    """AUC on the whole test part with the true labels; None if all slices are of one class."""
    memorised: bool
    """Whether it memorised the labels: only then its maps are compared."""


class NetworksScore(Result):
    """The mean score of one method's maps, on the same slices; in the score's unit."""

    study: Interval
    """Mean score of the study's network."""
    memorised: NetworksInterval
    """Mean score of the networks that memorised permuted labels."""
    difference: NetworksInterval
    """Their score minus that of the study's network, on slices where both are defined."""


class MemorisedResult(ResultFile):
    """Maps of networks that memorised permuted labels against those of the study's network; none if no network memorised them."""

    FILE: ClassVar[str] = "memorised.json"

    slices: Count
    """Slices in the sample of maps."""
    patients: Count
    """Patients in the sample of maps."""
    training_slices: Count
    """Training slices whose labels were permuted and memorised, in each training."""
    available: Count
    """Training slices of the study."""
    accuracy: Share
    """Accuracy on these slices above which the labels are memorised."""
    networks: tuple[MemorisingNetwork, ...]
    """One entry per training."""
    similarity: Mapping[MethodKey, NetworksSimilarity]
    """Similarity of the maps to those of the study's network, by method; empty if no network memorised the labels."""
    scores: Mapping[ScoreKey, Mapping[MethodKey, NetworksScore]]
    """Localisation scores of the maps, by score and method; empty if no network memorised the labels."""

    @property
    def memorising(self) -> int:
        """Number of networks that memorised the labels."""
        return sum(network.memorised for network in self.networks)
