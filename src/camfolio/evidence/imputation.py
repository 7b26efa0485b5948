"""Noisy linear imputation: removed pixels become weighted means of their neighbours, so that no edge reveals them.

Every removed pixel is the mean of its eight neighbours, the four beside it weighing 1/6 and the four diagonal ones 1/12
(Rong et al. 2022, arXiv 2202.00449); noise is added so that a network cannot recognise imputed pixels by their smoothness.
The equations of all removed pixels are solved at once. They are symmetric, positive definite and reach no further than
the next row, so a banded Cholesky factorisation does it (several times as fast as a general sparse solver).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64
from scipy.linalg import solveh_banded

Image = Float64[np.ndarray, "height width"]

BESIDE, DIAGONAL = 1 / 6, 1 / 12
STEPS = ((0, 1, BESIDE), (1, -1, DIAGONAL), (1, 0, BESIDE), (1, 1, DIAGONAL))
"""Rows down, columns across and weight of the neighbours that come later in reading order."""


def impute(image: Image, removed: Bool[np.ndarray, "height width"], noise: Image) -> Image:
    """The image with its removed pixels imputed.

    Args:
        image: in any unit; the values of removed pixels are ignored.
        removed: which pixels; not all of them.
        noise: added to the imputed pixels, in the image's unit.

    Raises:
        ValueError: if all pixels are removed.
    """
    if removed.all():
        msg = "Expected at least one pixel that is left, but got an image of which all are removed."
        raise ValueError(msg)
    known = np.where(removed, 0.0, image)
    bands, sums = equations(removed, known)
    filled = solveh_banded(bands, sums, lower=True, overwrite_ab=True, overwrite_b=True, check_finite=False)
    return np.where(removed, filled.reshape(image.shape) + noise, image)


def equations(
    removed: Bool[np.ndarray, "height width"], known: Image
) -> tuple[Float64[np.ndarray, "bands pixels"], Float64[np.ndarray, " pixels"]]:
    """The matrix as LAPACK's lower bands, and the right-hand side; a known pixel has an equation of its own."""
    height, width = removed.shape
    bands = np.zeros((width + 2, height * width))
    weights, sums = np.zeros_like(known), np.zeros_like(known)
    for down, across, weight in STEPS:
        one = np.s_[: height - down, max(0, -across) : width - max(0, across)]
        other = np.s_[down:, max(0, across) : width + min(0, across)]
        weights[one] += weight
        weights[other] += weight
        sums[one] += weight * known[other]
        sums[other] += weight * known[one]
        band = bands[down * width + across].reshape(height, width)
        band[one] -= np.where(removed[one] & removed[other], weight, 0.0)
    bands[0] += np.where(removed, weights, 1.0).ravel()
    return bands, np.where(removed, sums, known).ravel()
