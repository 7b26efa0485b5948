"""`outputs.npz`: one network's logits and maps of every test slice, with and without planted cues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Float64

from camfolio.results.arrays.files import Below, below, read_arrays, write_arrays

FILE = "outputs.npz"
PLAIN = "plain"
"""Key of the slices without a cue."""


@dataclass(frozen=True)
class CueOutputs:
    """Logits and maps of one network on slices with and without cues; each map explains the predicted class of its slice.

    Attributes:
        logits: `plain` or the key of the added cue -> logits.
        energy: `plain` or the added cue -> cue -> method -> share of each map's energy in the cue's region, NaN for an empty map.
        example: position of the slice whose maps are kept.
        maps: `plain` or the added cue -> method -> map of that slice, >= 0, at its resolution.
    """

    logits: Mapping[str, Float32[np.ndarray, "slices classes"]]
    energy: Mapping[str, Mapping[str, Mapping[str, Float64[np.ndarray, " slices"]]]]
    example: int
    maps: Mapping[str, Mapping[str, Float[np.ndarray, "height width"]]]

    def write(self, folder: Path) -> None:
        """Write the file: `logits/SHOWN`, `energy/SHOWN/CUE/METHOD`, `map/SHOWN/METHOD`, `example`."""
        energy = {
            f"{shown}/{cue}/{method}": values
            for shown, cues in self.energy.items()
            for cue, methods in cues.items()
            for method, values in methods.items()
        }
        maps = {
            f"{shown}/{method}": values for shown, methods in self.maps.items() for method, values in methods.items()
        }
        arrays = below("logits", self.logits) | below("energy", energy) | below("map", maps)
        write_arrays(folder / FILE, arrays | {"example": np.array(self.example)})

    @classmethod
    def read(cls, folder: Path) -> CueOutputs:
        """Read what `write` wrote.

        Raises:
            StoreError: if the file is missing or is no npz.
        """
        arrays = read_arrays(folder / FILE)
        energy: dict[str, dict[str, dict[str, np.ndarray]]] = {}
        for key, values in Below(arrays, "energy").items():
            shown, cue, method = key.split("/", 2)
            energy.setdefault(shown, {}).setdefault(cue, {})[method] = values
        maps: dict[str, dict[str, np.ndarray]] = {}
        for key, values in Below(arrays, "map").items():
            shown, method = key.split("/", 1)
            maps.setdefault(shown, {})[method] = values
        return cls(dict(Below(arrays, "logits")), energy, int(arrays["example"]), maps)
