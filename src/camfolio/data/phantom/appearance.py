"""What readers said of a nodule's looks, taken together, and ratings as numbers from 0 to 1."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from camfolio.data.lidc.annotations import Nodule


@dataclass(frozen=True)
class Appearance:
    """What the readers said of a nodule's looks: eight of LIDC's nine ratings, and not its malignancy.

    Attributes:
        subtlety, sphericity, margin, lobulation, spiculation, texture: means over the readers, 1 to 5.
        internal_structure: by majority, 1 soft tissue, 2 fluid, 3 fat, 4 air.
        calcification: by majority, 1 popcorn, 2 laminated, 3 solid, 4 non-central, 5 central, 6 absent.
    """

    subtlety: float
    internal_structure: int
    calcification: int
    sphericity: float
    margin: float
    lobulation: float
    spiculation: float
    texture: float

    @classmethod
    def of(cls, nodule: Nodule) -> Appearance:
        """The readers' ratings of one nodule, taken together; equal numbers of votes go to no calcification."""
        graded = ("subtlety", "sphericity", "margin", "lobulation", "spiculation", "texture")
        return cls(
            internal_structure=min(statistics.multimode(nodule.rated("internal_structure"))),
            calcification=max(statistics.multimode(nodule.rated("calcification"))),
            **{name: statistics.fmean(nodule.rated(name)) for name in graded},
        )


def scaled(rating: float) -> float:
    """A rating of 1 to 5 as 0 to 1."""
    return (rating - 1) / 4
