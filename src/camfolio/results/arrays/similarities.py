"""`similarity.npz`: similarities of maps of single slices; and `example.npz`: one slice's maps during weight randomisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Float64

from camfolio.results.arrays.files import Below, below, read_arrays, write_arrays

FILE = "similarity.npz"
EXAMPLE = "example.npz"
CHANGE, SIGNED = "change", "signed"
Similarities = Mapping[str, Mapping[str, Float64[np.ndarray, " slices"]]]
"""Method -> similarity -> one number per slice, NaN where not defined."""


@dataclass(frozen=True)
class MapSimilarities:
    """Similarities of maps to those of the study's network, slice by slice.

    Attributes:
        changes: the change (the last randomised part, `noise`, `shift` or `seed`) -> method -> similarity
            -> one number per slice.
        chosen: True on the test slices in the sample.
    """

    changes: Mapping[str, Similarities]
    chosen: Bool[np.ndarray, " test_slices"]

    def write(self, folder: Path) -> None:
        """Write the file: `change/CHANGE/METHOD/SIMILARITY`, `chosen`."""
        arrays = {
            f"{change}/{method}/{measure}": values
            for change, methods in self.changes.items()
            for method, measures in methods.items()
            for measure, values in measures.items()
        }
        write_arrays(folder / FILE, below(CHANGE, arrays) | {"chosen": self.chosen})

    @classmethod
    def read(cls, folder: Path) -> MapSimilarities:
        """Read what `write` wrote.

        Raises:
            StoreError: if the file is missing or is no npz.
        """
        arrays = read_arrays(folder / FILE)
        changes: dict[str, dict[str, dict[str, np.ndarray]]] = {}
        for key, values in Below(arrays, CHANGE).items():
            change, method, measure = key.rsplit("/", 2)
            changes.setdefault(change, {}).setdefault(method, {})[measure] = values
        return cls(changes, arrays["chosen"])


@dataclass(frozen=True)
class RandomisedExample:
    """One slice and its maps during weight randomisation.

    Attributes:
        hounsfield: HU.
        signed: method -> its maps before their ReLU, at the slice's resolution: the trained network's, then after each part.
    """

    hounsfield: Float32[np.ndarray, "height width"]
    signed: Mapping[str, Float32[np.ndarray, "states height width"]]

    def write(self, folder: Path) -> None:
        """Write the file: `signed/METHOD`, `hounsfield`."""
        write_arrays(folder / EXAMPLE, below(SIGNED, self.signed) | {"hounsfield": self.hounsfield})

    @classmethod
    def read(cls, folder: Path) -> RandomisedExample:
        """Read what `write` wrote.

        Raises:
            StoreError: if the file is missing or is no npz.
        """
        arrays = read_arrays(folder / EXAMPLE)
        return cls(arrays["hounsfield"], dict(Below(arrays, SIGNED)))
