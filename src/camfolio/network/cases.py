"""What is classified: slices, and the nodules that they show, which the labels belong to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from camfolio.shapes import Labels, Names, Scores


@dataclass(frozen=True, eq=False)
class Cases:
    """Slices or nodules with the network's probability for each.

    Attributes:
        probability: (N,) of the second class, malignant.
        label: (N,) 0 or 1.
        patient: (N,) ids.
        nodule: (N,) names, unique across patients.
        area_mm2: (N,) the nodule's area, on the slice or on the slice where it is largest; NaN where no mask tells it.
    """

    probability: Scores
    label: Labels
    patient: Names
    nodule: Names
    area_mm2: Scores

    def __len__(self) -> int:
        return len(self.label)

    def select(self, index: np.ndarray) -> Cases:
        """The cases at `index`."""
        return Cases(
            self.probability[index], self.label[index], self.patient[index], self.nodule[index], self.area_mm2[index]
        )


def in_order(slices: Cases) -> Cases:
    """Ordered by nodule and probability, so that no result depends on the order of slices, not even by rounding."""
    return slices.select(np.lexsort((slices.probability, slices.nodule)))


def by_nodule(slices: Cases) -> Cases:
    """One case per nodule: the mean probability of its slices, and the largest known area of them."""
    _, first, nodule_index, count = np.unique(slices.nodule, return_index=True, return_inverse=True, return_counts=True)
    area_mm2 = np.full(len(first), np.nan)
    np.fmax.at(area_mm2, nodule_index, slices.area_mm2)
    probability = np.bincount(nodule_index, slices.probability) / count
    return replace(slices.select(first), probability=probability, area_mm2=area_mm2)


def largest_slices(slices: Cases) -> Cases:
    """One case per nodule from the slice where its area is largest; the mean of several that are equally large, or not known."""
    _, nodule_index = np.unique(slices.nodule, return_inverse=True)
    largest = by_nodule(slices).area_mm2[nodule_index]
    return by_nodule(slices.select((slices.area_mm2 == largest) | np.isnan(largest)))
