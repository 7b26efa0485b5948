"""Mahalanobis distance of feature vectors from groups with one shrunken covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

SMALLEST = 1e-12
"""Variance that features have at least, on average."""
LEAST = 1e-6
"""Share of the identity that keeps a covariance with constant features from having no inverse."""
Features = Float64[np.ndarray, "samples features"]


@dataclass(frozen=True)
class Groups:
    """Means of groups, and the covariance inside them.

    Attributes:
        means: (groups, features).
        whitening: (features, features), W with W^T W the inverse of the covariance: the spread of W x is that of independent features.
    """

    means: Float64[np.ndarray, "groups features"]
    whitening: Float64[np.ndarray, "features features"]

    def squared_distance(self, features: Features) -> Float64[np.ndarray, " samples"]:
        """Squared distance of every sample from the nearest group; its mean over the groups' own samples is about the number of features."""
        away = features[:, None] - self.means[None]
        nearest: np.ndarray = np.square(away @ self.whitening.T).sum(2).min(1)
        return nearest


def fit_groups(features: Features, group: Int64[np.ndarray, " samples"]) -> Groups:
    """Groups of samples with one covariance (Lee et al. 2018, arXiv:1807.03888), shrunken as by Ledoit and Wolf (see `shrunken`)."""
    names, index = np.unique(group, return_inverse=True)
    means = np.stack([features[index == number].mean(0) for number in range(len(names))])
    return Groups(means, np.linalg.inv(np.linalg.cholesky(shrunken(features - means[index]))))


def shrunken(residuals: Features) -> Float64[np.ndarray, "features features"]:
    """The covariance of centred samples, drawn towards a multiple of the identity.

    The share of the latter is the one with the least expected squared error (Ledoit and Wolf 2004, doi
    10.1016/S0047-259X(03)00096-4), so that the covariance has an inverse also with fewer samples than features.
    """
    count, size = residuals.shape
    covariance = residuals.T @ residuals / count
    scale = max(float(np.trace(covariance)) / size, SMALLEST)
    target = scale * np.eye(size)
    distance = float(np.square(covariance - target).sum())
    squares = np.square(residuals)
    error = float((squares.T @ squares / count - np.square(covariance)).sum()) / count
    share = min(max(error / distance, LEAST), 1.0) if distance > 0 else 1.0
    drawn: np.ndarray = (1 - share) * covariance + share * target
    return drawn
