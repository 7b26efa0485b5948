"""Array types: what each axis is, its dtype and its range, enforced at run time under pytest only.

Axis names used everywhere: ``slices`` (how many), ``height`` and ``width`` in pixels of the slice, ``h`` and ``w`` in
cells of a network layer, ``classes`` (2: benign, malignant), ``channels`` of a layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float32, Int64, Shaped

if TYPE_CHECKING:
    from typing import TypeAlias

Hounsfield: TypeAlias = Float32[np.ndarray, "slices height width"]
"""Attenuation in Hounsfield units (HU): air -1000, water 0; finite."""
Masks: TypeAlias = Bool[np.ndarray, "slices height width"]
"""True on the nodule."""
Labels: TypeAlias = Int64[np.ndarray, " slices"]
"""0 benign, 1 malignant: readers' opinion, not pathology."""
Names: TypeAlias = Shaped[np.ndarray, " slices"]
"""Patient or slice ids, numpy unicode strings."""
Spacing: TypeAlias = Float32[np.ndarray, "slices 2"]
"""Pixel spacing in mm: row, column; > 0."""
