"""The network's probabilities for slices with replaced pixels: queries, orders of pixels, baselines, imputation.

Slices are classified in blocks of one size, so memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64
from scipy import ndimage

from camfolio.evidence.imputation import impute
from camfolio.shapes import Curves, Hounsfield, Maps, Masks, Names, Scores, Spacing
from camfolio.statistics.random_generators import slice_generator

Classifier = Callable[[Hounsfield], Float64[np.ndarray, "slices classes"]]
"""From slices in HU to the probability of each class, > 0."""
BLOCK = 256
"""Slices that are classified at once."""


@dataclass(frozen=True)
class Queries:
    """Slices for which the network's probabilities are computed.

    Attributes:
        hounsfield: HU.
        id: of the slices; random generators are seeded with it.
        target: the class whose probability is computed.
        classifier: the network; computes the probabilities.
        seed: of all random generators.
    """

    hounsfield: Hounsfield
    id: Names
    target: Int64[np.ndarray, " slices"]
    classifier: Classifier
    seed: int

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, index: np.ndarray) -> Queries:
        """The queries of some of the slices."""
        return Queries(self.hounsfield[index], self.id[index], self.target[index], self.classifier, self.seed)

    def probability(self, variants: Float[np.ndarray, "slices steps height width"]) -> Curves:
        """The target's probability for several variants of every slice."""
        steps = variants.shape[1]
        flat = np.ascontiguousarray(variants.reshape(-1, *variants.shape[2:]), dtype=np.float32)
        targets = np.repeat(self.target, steps)
        probability: np.ndarray = self.classifier(flat)[np.arange(len(flat)), targets]
        return probability.reshape(-1, steps)

    def in_blocks(self, steps: int) -> list[np.ndarray]:
        """Indices of the slices in blocks, so that about BLOCK slices are classified at once if each has `steps` variants."""
        size = max(1, BLOCK // max(1, steps))
        return [np.arange(start, min(start + size, len(self))) for start in range(0, len(self), size)]


def ranks(maps: Maps, names: Names, seed: int) -> Int64[np.ndarray, "slices height width"]:
    """Every pixel's rank from the highest to the lowest value, from 0.

    Ties are broken at random, seeded by the slice's id; else the zeros of a sparse map would be ranked row by row.
    """
    flat = maps.reshape(len(maps), -1)
    noise = [slice_generator(seed, str(name), "ties").random(flat.shape[1]) for name in names]
    order = [np.lexsort((ties, -values)) for ties, values in zip(noise, flat, strict=True)]
    rank = np.empty(flat.shape, dtype=np.int64)
    np.put_along_axis(rank, np.reshape(order, flat.shape), np.arange(flat.shape[1])[None], axis=1)
    return rank.reshape(maps.shape)


def removal(
    rank: Int64[np.ndarray, "slices height width"], shares: Sequence[float]
) -> Bool[np.ndarray, "slices steps height width"]:
    """True on the given shares of the pixels, from rank 0, rounded to whole pixels."""
    counts = np.rint(np.asarray(shares) * rank[0].size)
    removed: np.ndarray = rank[:, None] < counts[None, :, None, None]
    return removed


def has_order(maps: Maps) -> Bool[np.ndarray, " slices"]:
    """Where a map is not uniform, so that its pixels have an order."""
    ordered: np.ndarray = np.ptp(maps, axis=(1, 2)) > 0
    return ordered


@dataclass(frozen=True)
class Baseline:
    """Values that replace removed pixels.

    Attributes:
        hounsfield: HU; NaN where they are unknown.
        before: the target's probability for the unchanged slice.
        after: the target's probability with all pixels replaced.
    """

    hounsfield: Hounsfield
    before: Scores
    after: Scores

    @property
    def known(self) -> Bool[np.ndarray, " slices"]:
        """Where all values are known."""
        finite: np.ndarray = np.isfinite(self.hounsfield).all((1, 2))
        return finite


def with_probabilities(queries: Queries, hounsfield: Hounsfield) -> Baseline:
    """A baseline with the target's probability at both ends of every curve, NaN where the baseline is unknown."""
    ends = np.full((len(queries), 2), np.nan)
    known = np.isfinite(hounsfield).all((1, 2))
    for block in queries.in_blocks(2):
        rows = block[known[block]]
        if len(rows):
            ends[rows] = queries[rows].probability(np.stack([queries.hounsfield[rows], hounsfield[rows]], axis=1))
    return Baseline(hounsfield, ends[:, 0], ends[:, 1])


@dataclass(frozen=True)
class Perturbation:
    """How pixels are replaced.

    Attributes:
        baselines: name -> values that replace removed pixels.
        steps: shares of the pixels removed in deletion and insertion, between 0 and 1, increasing.
        road_steps: shares of the pixels imputed in ROAD, increasing.
        road_noise_hu: standard deviation of the noise on imputed pixels, HU.
    """

    baselines: Mapping[str, Baseline]
    steps: Sequence[float]
    road_steps: Sequence[float]
    road_noise_hu: float


def imputed(queries: Queries, removed: np.ndarray, noise_hu: float) -> np.ndarray:
    """(N, steps, H, W) slices with their removed pixels imputed."""
    shape = queries.hounsfield.shape[1:]
    filled = []
    for image, name, masks in zip(queries.hounsfield.astype(np.float64), queries.id, removed, strict=True):
        noise = slice_generator(queries.seed, str(name), "imputation").normal(0, noise_hu, shape)
        filled.append([impute(image, mask, noise) for mask in masks])
    return np.reshape(filled, removed.shape)


def parenchyma_hu(hounsfield: Hounsfield, masks: Masks, below_hu: float) -> float:
    """Mean of aerated lung, HU: of all pixels outside the nodules and below a limit. NaN if there are none."""
    lung = hounsfield[~masks & (hounsfield < below_hu)]
    return float(lung.mean(dtype=np.float64)) if lung.size else float("nan")


def replacements(
    hounsfield: Hounsfield, spacing: Spacing, parenchyma: float, blur_mm: float
) -> Mapping[str, Hounsfield]:
    """Baselines: `parenchyma`, one value for all pixels; `blur`, the slice smoothed by a Gaussian of `blur_mm`."""
    pairs = zip(hounsfield, spacing.astype(np.float64), strict=True)
    blurred = [ndimage.gaussian_filter(image, blur_mm / step, mode="nearest") for image, step in pairs]
    flat = np.full(hounsfield.shape, parenchyma, dtype=np.float32)
    return {"parenchyma": flat, "blur": np.reshape(blurred, hounsfield.shape).astype(np.float32)}
