"""The CT scan among the volumes of one name: masks are left out, equal copies are one, two different scans are an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camfolio.data.metaimage import read_scan
from camfolio.errors import DataError

LOWEST_OF_BYTES, HIGHEST_OF_BYTES = -128, 255
"""Range of masks, of any type; a CT scan of lungs holds air, which is far lower."""


@dataclass(frozen=True, eq=False)
class Volume:
    """One volume: voxels (depth, rows, columns), spacing and origin (mm) and the signs of its axes, each in that order."""

    path: Path
    voxels: np.ndarray
    spacing: np.ndarray
    origin: np.ndarray
    signs: np.ndarray

    @property
    def is_mask(self) -> bool:
        """Whether all values fit into a byte, as labels do and HU of a lung do not."""
        return bool(self.voxels.min() >= LOWEST_OF_BYTES and self.voxels.max() <= HIGHEST_OF_BYTES)

    def equals(self, other: Volume) -> bool:
        """Whether both have the same values at the same places."""
        pairs = (
            (self.voxels, other.voxels),
            (self.spacing, other.spacing),
            (self.origin, other.origin),
            (self.signs, other.signs),
        )
        return all(np.array_equal(one, another) for one, another in pairs)


@dataclass(frozen=True, eq=False)
class Found:
    """The scan of a name, None if all its volumes are masks, and how many other volumes were left out."""

    scan: Volume | None
    masks: int
    copies: int


def scan_among(paths: Sequence[Path]) -> Found:
    """The only scan among volumes of one name.

    Raises:
        DataError: if a volume cannot be read, or two scans differ.
    """
    scan, masks = None, 0
    for path in paths:
        volume = Volume(path, *read_scan(path))
        if volume.is_mask:
            masks += 1
        elif scan is None:
            scan = volume
        elif not scan.equals(volume):
            first, second = (f"{one.path.parent.name}/{one.path.name}" for one in (scan, volume))
            msg = (
                f"Expected one scan of each name, but {first} and {second} differ. Leave one of them out of data.path."
            )
            raise DataError(msg)
    return Found(scan, masks, len(paths) - masks - (scan is not None))
