"""`maps.npz`: signed maps of the layers as they were computed, and maps at the slices' resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from camfolio.results.arrays.files import Below, below, read_arrays, write_arrays
from camfolio.results.subject import Subject
from camfolio.shapes import Maps

FILE = "maps.npz"
SIGNED, ENLARGED = "signed", "enlarged"


@dataclass(frozen=True)
class LayerMaps:
    """Signed maps of all test slices at the layers' resolution.

    Attributes:
        signed: key of a subject -> its maps, before their ReLU.
        targets: the class that the maps explain.
        logits: of the network.
    """

    signed: Mapping[str, Float32[np.ndarray, "slices h w"]]
    targets: Int64[np.ndarray, " slices"]
    logits: Float32[np.ndarray, "slices classes"]

    def of(self, subject: Subject) -> Float32[np.ndarray, "slices h w"]:
        """The maps of a method at a layer."""
        return self.signed[subject.key]

    def write(self, folder: Path) -> None:
        """Write the file: `signed/SUBJECT`, `targets`, `logits`."""
        write_arrays(folder / FILE, below(SIGNED, self.signed) | {"targets": self.targets, "logits": self.logits})

    @classmethod
    def read(cls, folder: Path) -> LayerMaps:
        """Read what `write` wrote, each subject's maps when they are accessed.

        Raises:
            StoreError: if the file is missing or is no npz.
        """
        arrays = read_arrays(folder / FILE)
        return cls(Below(arrays, SIGNED), arrays["targets"], arrays["logits"])


@dataclass(frozen=True)
class SliceMaps:
    """Maps of all test slices at the slices' resolution and the layer in focus.

    Attributes:
        enlarged: method -> its maps, >= 0.
        signed: method -> its maps before their ReLU.
    """

    enlarged: Mapping[str, Maps]
    signed: Mapping[str, Maps]

    def write(self, folder: Path) -> None:
        """Write the file: `enlarged/METHOD`, `signed/METHOD`."""
        write_arrays(folder / FILE, below(ENLARGED, self.enlarged) | below(SIGNED, self.signed))

    @classmethod
    def read(cls, folder: Path) -> SliceMaps:
        """Read what `write` wrote, each method's maps when they are accessed.

        Raises:
            StoreError: if the file is missing or is no npz.
        """
        arrays = read_arrays(folder / FILE)
        return cls(Below(arrays, ENLARGED), Below(arrays, SIGNED))
