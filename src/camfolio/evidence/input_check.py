"""How far a picture is from the training slices: Mahalanobis distance of a network's mean activations, with a tested threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from camfolio.shapes import Hounsfield, Labels, Scores
from camfolio.statistics.mahalanobis import Groups, fit_groups

QUANTILE = 0.99
"""Share of the validation slices that are not far."""
DRAWN = 100
"""Pictures of noise."""
OFFSET_HU = 1000.0
"""What is added to slices to try the measure: the difference between HU and values that begin at 0."""
Pictures = Float32[np.ndarray, "pictures height width"]
"""What is no slice, HU."""
Activations = Float[np.ndarray, "members slices features"]


@dataclass(frozen=True)
class Familiarity:
    """The measure for an ensemble: the mean over its networks of squared distances, per feature.

    Attributes:
        groups: of each network.
    """

    groups: Sequence[Groups]

    @property
    def features(self) -> int:
        """Channels of the layer."""
        return int(self.groups[0].means.shape[1])

    @property
    def count(self) -> int:
        """Classes with a mean of their own."""
        return len(self.groups[0].means)

    def distance(self, activations: Activations) -> Scores:
        """The distance of every picture from the nearest class, in units of the spread of the training slices inside their classes."""
        squared = [
            one.squared_distance(of_one.astype(np.float64))
            for one, of_one in zip(self.groups, activations, strict=True)
        ]
        distance: Scores = np.sqrt(np.mean(squared, 0) / activations.shape[2])
        return distance

    def write(self, path: Path) -> None:
        """Write float32 numbers, little-endian: for each network the means of the classes, then the whitening matrix, row by row."""
        parts = [part.astype("<f4").tobytes() for one in self.groups for part in (one.means, one.whitening)]
        path.write_bytes(b"".join(parts))


def fit_familiarity(activations: Activations, label: Labels) -> Familiarity:
    """The measure from training slices (Lee et al. 2018, arXiv:1807.03888, with a covariance that is shrunken).

    Args:
        activations: mean over all cells, of every network, training slice and channel.
        label: of the training slices.
    """
    return Familiarity([fit_groups(of_one.astype(np.float64), label) for of_one in activations])


def noise(hounsfield: Hounsfield, window_hu: tuple[float, float], seed: int) -> Pictures:
    """Uniform noise inside the window."""
    drawn: Pictures = np.random.default_rng(seed).uniform(*window_hu, (DRAWN, *hounsfield.shape[1:])).astype(np.float32)
    return drawn


def constant(hounsfield: Hounsfield, window_hu: tuple[float, float], seed: int) -> Pictures:  # noqa: ARG001 - one signature for all
    """Slices of one value, from one end of the window to the other."""
    levels = np.linspace(*window_hu, DRAWN, dtype=np.float32)
    return np.broadcast_to(levels[:, None, None], (DRAWN, *hounsfield.shape[1:])).copy()


def inverted(hounsfield: Hounsfield, window_hu: tuple[float, float], seed: int) -> Pictures:  # noqa: ARG001 - one signature for all
    """Slices with light and dark exchanged inside the window."""
    low, high = window_hu
    mirrored: Pictures = low + high - np.clip(hounsfield, low, high)
    return mirrored


def offset(hounsfield: Hounsfield, window_hu: tuple[float, float], seed: int) -> Pictures:  # noqa: ARG001 - one signature for all
    """Slices whose values are all too high."""
    return hounsfield + np.float32(OFFSET_HU)


def letters(hounsfield: Hounsfield, window_hu: tuple[float, float], seed: int) -> Pictures:
    """Bars in a frame, at random places: another object."""
    low, high = window_hu
    count, (rows, columns) = DRAWN, hounsfield.shape[1:]
    drawn = np.full((count, rows, columns), low, np.float32)
    generator = np.random.default_rng(seed)
    for picture in drawn:
        top, left = generator.integers(0, max(rows // 2, 1)), generator.integers(0, max(columns // 2, 1))
        bottom, right = top + rows // 2, left + columns // 2
        width = max(rows // 12, 1)
        picture[top : top + width, left:right] = high
        picture[bottom - width : bottom, left:right] = high
        picture[top:bottom, left : left + width] = high
    return drawn


Make = Callable[[Hounsfield, tuple[float, float], int], Pictures]
MADE: dict[str, Make] = {
    "noise": noise,
    "one value": constant,
    "test slices with light and dark exchanged": inverted,
    "test slices with 1000 HU added": offset,
    "letters": letters,
}
"""Title -> pictures that are no slices, from test slices, the window and a seed."""


def threshold(validation: Scores) -> float:
    """The largest distance that is not far: a quantile of those of the validation slices, whose patients the network has not been trained on."""
    return float(np.quantile(validation, QUANTILE))
