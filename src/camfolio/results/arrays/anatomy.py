"""`anatomy.npz`: one slice, and of every method some channels with their weights, the sum of all, and the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32

from camfolio.results.arrays.files import Below, below, read_arrays, write_arrays

FILE = "anatomy.npz"
METHOD = "method"


@dataclass(frozen=True)
class MethodArrays:
    """What one method adds up, of the channels that are shown.

    Attributes:
        channels: what is added up, before it is weighed.
        weights: (shown, 1, 1), or one per cell.
        signed: the sum over all channels, not only those that are shown: the map before its ReLU.
        enlarged: the map, >= 0, at the slice's resolution.
        gradients: from which the weights are computed, or None.
        masked: the slice masked by each channel, HU, or None.
    """

    channels: Float32[np.ndarray, "shown h w"]
    weights: Float32[np.ndarray, "shown _h _w"]
    signed: Float32[np.ndarray, "h w"]
    enlarged: Float32[np.ndarray, "height width"]
    gradients: Float32[np.ndarray, "shown h w"] | None = None
    masked: Float32[np.ndarray, "shown height width"] | None = None

    @property
    def products(self) -> Float32[np.ndarray, "shown h w"]:
        """Weights times channels."""
        products: Float32[np.ndarray, "shown h w"] = self.weights * self.channels
        return products


@dataclass(frozen=True)
class AnatomyArrays:
    """One slice with its mask, and the arrays of every method."""

    hounsfield: Float32[np.ndarray, "height width"]
    mask: Bool[np.ndarray, "height width"]
    methods: Mapping[str, MethodArrays]

    def write(self, folder: Path) -> None:
        """Write the file: `method/METHOD/ARRAY`, `hounsfield`, `mask`."""
        arrays = {
            f"{method}/{name}": array
            for method, of_method in self.methods.items()
            for name, array in vars(of_method).items()
            if array is not None
        }
        write_arrays(folder / FILE, below(METHOD, arrays) | {"hounsfield": self.hounsfield, "mask": self.mask})

    @classmethod
    def read(cls, folder: Path) -> AnatomyArrays:
        """Read what `write` wrote.

        Raises:
            StoreError: if the file is missing or is no npz.
        """
        arrays = read_arrays(folder / FILE)
        methods: dict[str, dict[str, np.ndarray]] = {}
        for key, values in Below(arrays, METHOD).items():
            method, name = key.rsplit("/", 1)
            methods.setdefault(method, {})[name] = values
        found = {method: MethodArrays(**values) for method, values in methods.items()}
        return cls(arrays["hounsfield"], arrays["mask"], found)
