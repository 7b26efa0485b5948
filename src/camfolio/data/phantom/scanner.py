"""The scanner: what slices of a patient share, point spread, pixel aperture, quantum noise and rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Float32
from scipy import ndimage

from camfolio.data.phantom.grid import OVERSAMPLING, RIM, Field, Grid

HU_RANGE = (-1024.0, 1500.0)

Attenuation: TypeAlias = Float32[np.ndarray, "size size"]
"""The finished slice in HU."""


@dataclass(frozen=True)
class Scan:
    """What all slices of a patient have in common.

    Attributes:
        lung: parenchyma, HU.
        vessel: blood, HU.
        blur: full width at half maximum of the point spread, mm.
        noise: standard deviation of the quantum noise, HU.
        grain: its correlation, standard deviation of a Gaussian in pixels; sharp kernels have little.
    """

    lung: float
    vessel: float
    blur: float
    noise: float
    grain: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Scan:
        """A scan at random: sharp reconstruction kernels come with more noise of a finer grain."""
        sharpness = rng.beta(1.2, 1.6)
        return cls(
            lung=rng.normal(-858, 34),
            vessel=rng.uniform(0, 50),
            blur=0.9 - 0.2 * sharpness,
            noise=15 + 20 * sharpness,
            grain=0.75 - 0.4 * sharpness,
        )


def measured(tissue: Field, grid: Grid, scan: Scan, rng: np.random.Generator) -> Attenuation:
    """What the scanner makes of it: point spread, pixel aperture, quantum noise, whole Hounsfield units."""
    sigma = scan.blur / np.sqrt(8 * np.log(2)) / grid.spacing
    blurred = ndimage.gaussian_filter(tissue, sigma)[RIM:-RIM, RIM:-RIM]
    size = len(blurred) // OVERSAMPLING
    pixels = blurred.reshape(size, OVERSAMPLING, size, OVERSAMPLING).mean(axis=(1, 3))
    noise = np.roll(quantum_noise(size, scan, rng), np.floor_divide(grid.shift, OVERSAMPLING), (0, 1))
    attenuation: Attenuation = (pixels + noise).round().clip(*HU_RANGE).astype(np.float32)
    return attenuation


def quantum_noise(size: int, scan: Scan, rng: np.random.Generator) -> Float[np.ndarray, "size size"]:
    """Noise in HU with the band of filtered back-projection: little at low frequencies, none above the kernel's."""
    white = rng.standard_normal((size, size))
    band = ndimage.gaussian_filter(white, scan.grain, mode="wrap")
    band = band - 0.5 * ndimage.gaussian_filter(white, 3 * scan.grain, mode="wrap")
    noise: Float[np.ndarray, "size size"] = scan.noise * band / band.std()
    return noise
