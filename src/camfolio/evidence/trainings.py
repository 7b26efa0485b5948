"""How much the energy of maps on the nodule depends on the training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from camfolio.results.result import Count, Share
from camfolio.results.stability import StabilityResult


@dataclass(frozen=True)
class AcrossTrainings:
    """A number between 0 and 1 of the study's network and of further trainings, such as the mean share of the maps' energy.

    Attributes:
        networks: number of trainings, with that of the study's network.
        mean: over the trainings.
        lowest, highest: of one training.
    """

    networks: Count
    mean: Share
    lowest: Share
    highest: Share


def across_trainings(stability: StabilityResult) -> dict[str, AcrossTrainings]:
    """Method -> its energy on the nodule by training; methods for which it is not defined are left out."""
    by_method = stability.trainings.energy_share if stability.trainings else {}
    shares = {name: [each.value for each in energy if each.value is not None] for name, energy in by_method.items()}
    return {name: summary(values) for name, values in shares.items() if values}


def auc_by_training(auc: float | None, stability: StabilityResult) -> AcrossTrainings | None:
    """The AUC of the study's network and of further trainings; None without these, or where it is not defined."""
    further = stability.trainings.auc if stability.trainings else ()
    values = [value for value in (auc, *further) if value is not None]
    return summary(values) if further and auc is not None else None


def summary(values: Sequence[float]) -> AcrossTrainings:
    """Mean and range of one number by training."""
    return AcrossTrainings(len(values), sum(values) / len(values), min(values), max(values))
