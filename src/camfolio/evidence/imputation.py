"""Noisy linear imputation: removed pixels become weighted means of their neighbours, so that there are no edges around them.

Every removed pixel is the mean of its eight neighbours, with weights of 1/6 for the four direct and 1/12 for the four diagonal ones
(Rong et al. 2022, arXiv 2202.00449); noise is added so that a network cannot recognise imputed pixels by their smoothness.
All removed pixels are one system of linear equations, symmetric, positive definite and banded with a half-bandwidth of
one row and one pixel, solved by a banded Cholesky factorisation: several times as fast as a general sparse solver.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64
from scipy.linalg import solveh_banded

Image = Float64[np.ndarray, "height width"]

DIRECT, DIAGONAL = 1 / 6, 1 / 12
STEPS = ((0, 1, DIRECT), (1, -1, DIAGONAL), (1, 0, DIRECT), (1, 1, DIAGONAL))
"""Row offset, column offset and weight of the neighbours that come later in row-major order."""


def impute(image: Image, removed: Bool[np.ndarray, "height width"], noise: Image) -> Image:
    """The image with its removed pixels imputed.

    Args:
        image: in any unit; the values of removed pixels are ignored.
        removed: True on the pixels to impute; not all of them.
        noise: added to the imputed pixels, in the image's unit.

    Raises:
        ValueError: if all pixels are removed.
    """
    if removed.all():
        msg = "Expected at least one pixel that is not removed, but got an image with all pixels removed."
        raise ValueError(msg)
    known = np.where(removed, 0.0, image)
    bands, sums = equations(removed, known)
    filled = solveh_banded(bands, sums, lower=True, overwrite_ab=True, overwrite_b=True, check_finite=False)
    return np.where(removed, filled.reshape(image.shape) + noise, image)


def equations(
    removed: Bool[np.ndarray, "height width"], known: Image
) -> tuple[Float64[np.ndarray, "bands pixels"], Float64[np.ndarray, " pixels"]]:
    """The matrix as LAPACK's lower bands, and the right-hand side; the equation of a known pixel is x = its value."""
    height, width = removed.shape
    bands = np.zeros((width + 2, height * width))
    weights, sums = np.zeros_like(known), np.zeros_like(known)
    for down, across, weight in STEPS:
        pixel = np.s_[: height - down, max(0, -across) : width - max(0, across)]
        neighbour = np.s_[down:, max(0, across) : width + min(0, across)]
        weights[pixel] += weight
        weights[neighbour] += weight
        sums[pixel] += weight * known[neighbour]
        sums[neighbour] += weight * known[pixel]
        band = bands[down * width + across].reshape(height, width)
        band[pixel] -= np.where(removed[pixel] & removed[neighbour], weight, 0.0)
    bands[0] += np.where(removed, weights, 1.0).ravel()
    return bands, np.where(removed, sums, known).ravel()
