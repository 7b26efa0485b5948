"""Three named scalings of a map's values for display, to 0..1 or to -1..1; imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

Scaling = Literal["per_image", "shared", "signed"]
Map = Float[np.ndarray, "height width"]


@dataclass(frozen=True)
class ScaledMap:
    """A map ready to be coloured.

    Attributes:
        share: 0 to 1; -1 to 1 if the scaling is signed.
        scaling: its name.
        limit: what a share of 1 stands for, in the map's own unit; 0 if there is nothing to scale by.
    """

    share: Map
    scaling: Scaling
    limit: float

    @property
    def lowest(self) -> int:
        """The lower end of the shares."""
        return -1 if self.scaling == "signed" else 0

    @property
    def is_empty(self) -> bool:
        """Whether the map is zero everywhere."""
        return not self.share.any()


def scaled(signed: Map, scaling: Scaling, study_maximum: float) -> ScaledMap:
    """A map under a named scaling.

    `per_image` divides evidence for the target by its maximum on this slice: weak and strong maps look alike.
    `shared` divides it by one number for all slices of a study: maps of one method can be compared, weak ones are dark.
    `signed` keeps evidence against the target and divides by the largest magnitude on this slice: 0 stays 0.

    Args:
        signed: before its ReLU, or >= 0.
        scaling: the name.
        study_maximum: the largest value of this method over all slices, for `shared`.

    >>> scaled(np.array([[-4.0, 0.0, 2.0]]), "signed", 8.0).share.tolist()
    [[-1.0, 0.0, 0.5]]
    >>> scaled(np.array([[-4.0, 0.0, 2.0]]), "shared", 8.0).share.tolist()
    [[0.0, 0.0, 0.25]]
    """
    values = signed if scaling == "signed" else np.maximum(signed, 0)
    limit = float(study_maximum) if scaling == "shared" else float(np.abs(values).max())
    share: Map = np.clip(values / values.dtype.type(limit), -1, 1) if limit > 0 else np.zeros_like(values)
    return ScaledMap(share, scaling, limit)
