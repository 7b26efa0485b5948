"""Checks of slices before training: values that are not in HU, and near-duplicates across nodules and patients."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from camfolio.data.slices import Slices
from camfolio.results.inspection import Histogram
from camfolio.shapes import Hounsfield

ALIKE = 0.99
"""Lowest correlation of two slices' pixels at which they are near-duplicates."""
MOST_PAIRS = 200
ROWS = 512
BIN_HU = 50
LOWEST_HU, HIGHEST_HU = -1100, 1500
SEEN_LUNG_HU, SEEN_TISSUE_HU = -500.0, -100.0


@dataclass(frozen=True)
class NearDuplicate:
    """Two slices of different nodules that look alike, by index; `correlation` is 1 if all values are equal."""

    first: int
    second: int
    correlation: float


def warnings_about(hounsfield: Hounsfield) -> list[str]:
    """Signs that values are not in HU, a sentence each; empty for a lung CT."""
    low, high = float(hounsfield.min()), float(hounsfield.max())
    middle = float(np.median(hounsfield))
    sentences = []
    if low >= 0 and high <= 1:
        sentences.append("All values lie between 0 and 1: they look scaled, not like HU.")
    elif low >= 0 and high <= 255:  # noqa: PLR2004 - a byte
        sentences.append("All values lie between 0 and 255: they look like 8-bit grey values, not like HU.")
    elif low >= 0 and high > 255:  # noqa: PLR2004 - a byte
        sentences.append(
            "No value is below 0: they look like stored values without rescale slope and intercept, not like HU."
        )
    elif low >= SEEN_LUNG_HU:
        sentences.append(f"No value is below {low:.0f} HU: lungs hold air, about -850 HU.")
    elif high <= SEEN_TISSUE_HU:
        sentences.append(f"No value is above {high:.0f} HU: visible nodules are denser.")
    flat = int((np.ptp(hounsfield, axis=(1, 2)) == 0).sum())
    if flat:
        sentences.append(f"{flat} of {len(hounsfield)} slices hold a single value.")
    if not sentences and middle > 0:
        sentences.append(f"Half of all values are above {middle:.0f} HU: nodules should be surrounded by lung.")
    return sentences


def histogram(hounsfield: Hounsfield) -> Histogram:
    """Share of pixels per 50 HU; values beyond -1100 and 1500 HU are in the first and last bin."""
    edges = np.arange(LOWEST_HU, HIGHEST_HU + BIN_HU, BIN_HU)
    counts, _ = np.histogram(hounsfield.clip(LOWEST_HU, HIGHEST_HU - 1), edges)
    return Histogram(edges_hu=tuple(edges.astype(float).tolist()), share=tuple((counts / hounsfield.size).tolist()))


def near_duplicates(slices: Slices) -> list[NearDuplicate]:
    """Pairs of slices of different nodules whose pixels correlate by at least 0.99, the most alike first.

    Shifted, rotated or mirrored copies are not detected. Rows of the comparison are taken in blocks, so that memory does
    not grow with the square of the number of slices.
    """
    shapes = standardised(slices.hounsfield)
    pairs: list[NearDuplicate] = []
    _, nodule = np.unique(slices.nodule, return_inverse=True)
    for start in range(0, len(shapes), ROWS):
        block = shapes[start : start + ROWS]
        alike = block @ shapes[start:].T
        rows, columns = np.nonzero(alike >= ALIKE)
        keep = (columns > rows) & (nodule[rows + start] != nodule[columns + start])
        pairs += [
            NearDuplicate(int(row) + start, int(column) + start, min(1.0, float(alike[row, column])))
            for row, column in zip(rows[keep], columns[keep], strict=True)
        ]
    equal = [exact(slices, pair) for pair in pairs]
    return sorted(equal, key=lambda pair: (-pair.correlation, pair.first, pair.second))


def within_nodules(slices: Slices) -> tuple[int, int]:
    """Pairs of slices of one nodule, and how many of them would count as near-duplicates if their nodules differed."""
    shapes = standardised(slices.hounsfield)
    _, nodule_index = np.unique(slices.nodule, return_inverse=True)
    members = [shapes[nodule_index == number] for number in range(nodule_index.max() + 1)]
    alike = [(one @ one.T)[np.triu_indices(len(one), 1)] >= ALIKE for one in members]
    return sum(map(len, alike)), int(sum(found.sum() for found in alike))


def repeated(slices: Slices) -> int:
    """Slices with the values of an earlier slice of the same patient: one slice under two numbers. Slices of a single value are not counted."""
    varied = np.flatnonzero(np.ptp(slices.hounsfield, axis=(1, 2)) > 0)
    different = {(str(slices.patient[i]), hashlib.sha256(slices.hounsfield[i].tobytes()).digest()) for i in varied}
    return len(varied) - len(different)


def exact(slices: Slices, pair: NearDuplicate) -> NearDuplicate:
    """Correlation 1 for equal slices only; just below 1 where it rounds to 1."""
    if np.array_equal(slices.hounsfield[pair.first], slices.hounsfield[pair.second]):
        return NearDuplicate(pair.first, pair.second, 1.0)
    return NearDuplicate(pair.first, pair.second, min(pair.correlation, 0.999999))


def standardised(hounsfield: Hounsfield) -> Float32[np.ndarray, "slices pixels"]:
    """Each slice's pixels as a vector of mean 0 and length 1; of length 0 where all are the same."""
    pixels = hounsfield.reshape(len(hounsfield), -1).astype(np.float64)
    pixels -= pixels.mean(1, keepdims=True)
    length = np.linalg.norm(pixels, axis=1, keepdims=True)
    unit: Float32[np.ndarray, "slices pixels"] = np.divide(
        pixels, length, out=np.zeros_like(pixels), where=length > 0
    ).astype(np.float32)
    return unit
