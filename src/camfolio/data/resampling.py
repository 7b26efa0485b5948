"""Resampling of slices to another pixel spacing, with the same number of pixels and the same centre."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from camfolio.data.slices import Slices

AIR_HU = -1000.0


def resample(slices: Slices, spacing_mm: float) -> Slices:
    """Resample every slice to square pixels; pixels outside the stored slice become air.

    Attenuation and masks are interpolated linearly, masks then thresholded at one half. Both axes keep their number of pixels;
    the centre of the slice does not move.

    Args:
        slices: N slices of any spacing.
        spacing_mm: target spacing, mm per pixel.
    """
    target = float(np.float32(spacing_mm))  # as stored, so that a slice of this spacing is unchanged
    resampled = [zoom(image, mask, spacing / target) for image, mask, spacing in sampled(slices)]
    hounsfield = np.stack([image for image, _ in resampled]).astype(np.float32)
    mask = np.stack([mask for _, mask in resampled])
    spacing = np.full_like(slices.spacing, spacing_mm)
    return replace(slices, hounsfield=hounsfield, mask=mask, spacing=spacing)


def sampled(slices: Slices) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Image, mask and spacing (row, column; mm) of each slice."""
    return list(zip(slices.hounsfield, slices.mask, slices.spacing.astype(np.float64), strict=True))


def zoom(image: np.ndarray, mask: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One slice and its mask, magnified by `scale` along rows and columns about the centre."""
    matrix = 1 / scale
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - matrix * centre
    shown = ndimage.affine_transform(image, matrix, offset, order=1, cval=AIR_HU)
    inside = ndimage.affine_transform(mask.astype(np.float32), matrix, offset, order=1, cval=0.0)
    return shown, inside >= 0.5  # noqa: PLR2004 - at least half of the pixel
