"""Array types: what each axis is, its dtype and its range, enforced at run time under pytest only.

Axis names: ``slices`` (number of slices), ``height`` and ``width`` of a slice in pixels, ``h`` and ``w`` of a layer's
activations, ``channels`` of a layer, ``classes`` (2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64, Shaped

if TYPE_CHECKING:
    from typing import TypeAlias

Hounsfield: TypeAlias = Float32[np.ndarray, "slices height width"]
"""Attenuation in Hounsfield units (HU): air -1000, water 0; finite."""
Masks: TypeAlias = Bool[np.ndarray, "slices height width"]
"""True inside the nodule."""
Labels: TypeAlias = Int64[np.ndarray, " slices"]
"""0 first class (benign), 1 second class (malignant)."""
Names: TypeAlias = Shaped[np.ndarray, " slices"]
"""Patient or slice ids, numpy unicode strings."""
Spacing: TypeAlias = Float32[np.ndarray, "slices 2"]
"""Pixel spacing in mm, from row to row and from column to column; > 0."""
Maps: TypeAlias = Float[np.ndarray, "slices height width"]
"""Maps at the resolution of their slices; >= 0, or signed where a function says so."""
Scores: TypeAlias = Float64[np.ndarray, " slices"]
"""One score of every slice; NaN where it is not defined."""
Curves: TypeAlias = Float64[np.ndarray, "slices steps"]
"""Probability of the explained class of every slice, 0 to 1, as pixels are replaced; NaN where it is not defined."""
