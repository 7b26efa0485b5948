"""The square around a nodule on one slice: where its samples are in the scan, and the readers' consensus in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from camfolio.data.dicom import Header
from camfolio.data.lidc.annotations import SAMPLES, centroid

HALF = 0.5


@dataclass(frozen=True)
class CropSettings:
    """How crops are made: the label rule, the consensus, the crops' number, size and spacing, whether nodules are displaced at
    random, and the seed of that.
    """

    statistic: str
    min_readers: int
    consensus: float
    number: int
    size: int
    spacing_mm: float
    displaced: bool
    seed: int


@dataclass(frozen=True, eq=False)
class Section:
    """A nodule on one slice.

    Attributes:
        header: the slice.
        share: of the readers that mark a pixel as nodule, in a box of the slice.
        origin: row and column of the box.
    """

    header: Header
    share: Float32[np.ndarray, "rows columns"]
    origin: np.ndarray

    def area(self, consensus: float) -> int:
        """Number of the scan's pixels that enough readers mark as nodule."""
        return int(agreed(self.share, consensus).sum())


def agreed(share: np.ndarray, consensus: float) -> np.ndarray:
    """Pixels on which at least this share of the readers agrees, with a tolerance for float32 rounding."""
    enough: np.ndarray = share >= consensus - 1e-6
    return enough


def samples_of(section: Section, crop: CropSettings) -> tuple[np.ndarray, np.ndarray]:
    """Distance between the samples of a centred crop, and the first of them, in pixels of the scan: row and column."""
    centre = centroid(agreed(section.share, crop.consensus).astype(np.float32)) + section.origin
    scale = crop.spacing_mm / np.array(section.header.spacing_mm) / SAMPLES
    return scale, centre - scale * (crop.size * SAMPLES - 1) / 2


def mask_of(section: Section, crop: CropSettings) -> Bool[np.ndarray, "size size"]:
    """The consensus in a centred crop."""
    consensus = agreed(section.share, crop.consensus)
    scale, corner = samples_of(section, crop)
    fine = crop.size * SAMPLES
    inside = ndimage.affine_transform(
        consensus.astype(np.float32), scale, corner - section.origin, (fine, fine), order=1
    )
    return covered(averaged(inside, crop.size), float(consensus.sum() / np.prod(scale * SAMPLES)))


def covered(share: Float32[np.ndarray, "size size"], area: float) -> Bool[np.ndarray, "size size"]:
    """Pixels of which at least half is nodule; for a nodule that fills no pixel by half, as many as its area, at least one.

    Args:
        share: of each pixel, the part that is nodule.
        area: of the nodule, in pixels.
    """
    mask: Bool[np.ndarray, "size size"] = share >= HALF
    if not mask.any():
        mask.flat[np.argsort(-share, axis=None, kind="stable")[: max(1, round(area))]] = True
    return mask


def averaged(fine: Float32[np.ndarray, "fine fine"], size: int) -> Float32[np.ndarray, "size size"]:
    """Means over blocks of samples."""
    means: Float32[np.ndarray, "size size"] = fine.reshape(size, SAMPLES, size, SAMPLES).mean(axis=(1, 3))
    return means
