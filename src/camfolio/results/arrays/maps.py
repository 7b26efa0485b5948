"""`maps.npz`: signed maps of the layers as they were computed, and maps at the slices' resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int64

from camfolio.results.arrays.files import Below, below, read_arrays, write_arrays
from camfolio.results.subject import Subject
from camfolio.shapes import Maps

FILE = "maps.npz"
SIGNED, ENLARGED, CENTRES, DISAGREEMENT = "signed", "enlarged", "centres", "disagreement"


@dataclass(frozen=True)
class LayerMaps:
    """Signed maps of all test slices at the layers' resolution.

    Attributes:
        signed: key of a subject -> its maps, before their ReLU.
        targets: the class that the maps explain.
        logits: of the network.
        centres: key of a subject -> the centre of the first cell (row, column) and the step to the next (rows, columns),
            in shares of the slice.
        disagreement: method -> standard deviation over an ensemble's maps at the layer in focus; empty for a single network.
    """

    signed: Mapping[str, Float32[np.ndarray, "slices h w"]]
    targets: Int64[np.ndarray, " slices"]
    logits: Float32[np.ndarray, "slices classes"]
    centres: Mapping[str, Float64[np.ndarray, "2 2"]]
    disagreement: Mapping[str, Float32[np.ndarray, "slices h w"]] = field(default_factory=dict)

    def of(self, subject: Subject) -> Float32[np.ndarray, "slices h w"]:
        """The maps of a method at a layer."""
        return self.signed[subject.key]

    def write(self, folder: Path) -> None:
        """Write the file: `signed/SUBJECT`, `centres/SUBJECT`, `disagreement/METHOD`, `targets`, `logits`."""
        arrays = below(SIGNED, self.signed) | below(CENTRES, self.centres) | below(DISAGREEMENT, self.disagreement)
        write_arrays(folder / FILE, arrays | {"targets": self.targets, "logits": self.logits})

    @classmethod
    def read(cls, folder: Path) -> LayerMaps:
        """Read what `write` wrote, each subject's maps when they are accessed.

        Raises:
            StoreError: if the file is missing or is no npz.
        """
        arrays = read_arrays(folder / FILE)
        maps, centres, disagreement = (Below(arrays, kind) for kind in (SIGNED, CENTRES, DISAGREEMENT))
        return cls(maps, arrays["targets"], arrays["logits"], centres, disagreement)


@dataclass(frozen=True)
class SliceMaps:
    """Maps of all test slices at the slices' resolution and the layer in focus.

    Attributes:
        enlarged: method -> its maps, >= 0.
        signed: method -> its maps before their ReLU.
        disagreement: method -> standard deviation over an ensemble's maps; empty for a single network.
    """

    enlarged: Mapping[str, Maps]
    signed: Mapping[str, Maps]
    disagreement: Mapping[str, Maps] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the file: `enlarged/METHOD`, `signed/METHOD`, `disagreement/METHOD`."""
        arrays = below(ENLARGED, self.enlarged) | below(SIGNED, self.signed) | below(DISAGREEMENT, self.disagreement)
        write_arrays(folder / FILE, arrays)

    @classmethod
    def read(cls, folder: Path) -> SliceMaps:
        """Read what `write` wrote, each method's maps when they are accessed.

        Raises:
            StoreError: if the file is missing or is no npz.
        """
        arrays = read_arrays(folder / FILE)
        return cls(*(Below(arrays, kind) for kind in (ENLARGED, SIGNED, DISAGREEMENT)))
