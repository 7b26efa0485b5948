"""Locations in LUNA16's scans, and where they are in the slices that are cut around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from camfolio.data.displacement import CENTRED, Displacement, displacement
from camfolio.statistics.random_generators import slice_generator


@dataclass(frozen=True)
class Location:
    """Centre of a nodule or candidate in the patient's coordinates, mm; `diameter_mm` is 0 for a candidate that is no nodule."""

    x: float
    y: float
    z: float
    diameter_mm: float


@dataclass(frozen=True)
class Square:
    """Pixels along each side of a slice, and mm per pixel."""

    size: int
    spacing_mm: float


def displacements(
    planned: Mapping[str, Sequence[Location]], square: Square, seed: int
) -> Mapping[str, tuple[Displacement, ...]]:
    """By how many pixels every location of every scan is moved from its slice's centre.

    A candidate that is no nodule has no diameter: it is moved as if it had that of a nodule drawn from all scans, so that
    places do not tell the classes apart.
    """
    known = sorted(location.diameter_mm for locations in planned.values() for location in locations)
    known = [diameter for diameter in known if diameter > 0]

    def of(location: Location, name: str) -> Displacement:
        other = float(slice_generator(seed, name, "diameter").choice(known)) if known else square.spacing_mm
        mask = disc(square, location.diameter_mm or other)
        return displacement(mask[None], seed, name) if mask.any() else CENTRED

    return {
        scan: tuple(of(location, f"{scan}-s{number}") for number, location in enumerate(locations, start=1))
        for scan, locations in planned.items()
    }


def disc(square: Square, diameter_mm: float) -> Bool[np.ndarray, "size size"]:
    """Pixels whose centres are within the stated diameter around the middle; none for a diameter of 0."""
    along = (np.arange(square.size) - (square.size - 1) / 2) * square.spacing_mm
    inside: Bool[np.ndarray, "size size"] = np.hypot(along[:, None], along[None, :]) < diameter_mm / 2
    return inside
