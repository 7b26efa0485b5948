"""Looking at slices before anything is learned from them: values that are no HU, and slices that are there twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from camfolio.data.slices import Slices
from camfolio.shapes import Hounsfield

ALIKE = 0.99
"""Correlation of two slices' pixels from which on they are near-duplicates."""
MOST_PAIRS = 200
ROWS = 512
BIN_HU = 50
LOWEST_HU, HIGHEST_HU = -1100, 1500
SEEN_LUNG_HU, SEEN_TISSUE_HU = -500.0, -100.0


@dataclass(frozen=True)
class Pair:
    """Two slices of different patients that look alike; `correlation` is 1 where every value is the same."""

    one: int
    other: int
    correlation: float


def warnings_about(hounsfield: Hounsfield) -> list[str]:
    """What makes values look like anything but HU: one sentence each, none for a CT of lungs."""
    low, high = float(hounsfield.min()), float(hounsfield.max())
    middle = float(np.median(hounsfield))
    said = []
    if low >= 0 and high <= 1:
        said.append("All values lie between 0 and 1: they look scaled, not like HU.")
    elif low >= 0 and high <= 255:  # noqa: PLR2004 - a byte
        said.append("All values lie between 0 and 255: they look like 8-bit grey values, not like HU.")
    elif low >= 0 and high > 255:  # noqa: PLR2004 - a byte
        said.append(
            "No value is below 0: they look like stored values without rescale slope and intercept, not like HU."
        )
    elif low >= SEEN_LUNG_HU:
        said.append(f"No value is below {low:.0f} HU: lungs hold air, about -850 HU.")
    elif high <= SEEN_TISSUE_HU:
        said.append(f"No value is above {high:.0f} HU: nodules that are seen are denser.")
    flat = int((np.ptp(hounsfield, axis=(1, 2)) == 0).sum())
    if flat:
        said.append(f"{flat} of {len(hounsfield)} slices hold a single value.")
    if not said and middle > 0:
        said.append(f"Half of all values are above {middle:.0f} HU: around a nodule there should be lung.")
    return said


def histogram(hounsfield: Hounsfield) -> dict[str, list[float]]:
    """Share of pixels per 50 HU; what lies beyond -1100 and 1500 HU is counted in the first and last bin."""
    edges = np.arange(LOWEST_HU, HIGHEST_HU + BIN_HU, BIN_HU)
    counts, _ = np.histogram(hounsfield.clip(LOWEST_HU, HIGHEST_HU - 1), edges)
    return {"edges_hu": edges.astype(float).tolist(), "share": (counts / hounsfield.size).tolist()}


def doubles(slices: Slices) -> list[Pair]:
    """Pairs of slices of different patients whose pixels correlate by at least 0.99, the most alike first.

    The correlation does not see shifts, turns or mirror images. Rows of the comparison are taken in blocks, so that
    memory does not grow with the square of the number of slices.
    """
    shapes = standardised(slices.hounsfield)
    found: list[Pair] = []
    _, patient = np.unique(slices.patient, return_inverse=True)
    for start in range(0, len(shapes), ROWS):
        block = shapes[start : start + ROWS]
        alike = block @ shapes[start:].T
        rows, columns = np.nonzero(alike >= ALIKE)
        keep = (columns > rows) & (patient[rows + start] != patient[columns + start])
        found += [
            Pair(int(row) + start, int(column) + start, min(1.0, float(alike[row, column])))
            for row, column in zip(rows[keep], columns[keep], strict=True)
        ]
    equal = [exact(slices, pair) for pair in found]
    return sorted(equal, key=lambda pair: (-pair.correlation, pair.one, pair.other))


def exact(slices: Slices, pair: Pair) -> Pair:
    """Correlation 1 for equal slices, and just below it for those that only round to it."""
    if np.array_equal(slices.hounsfield[pair.one], slices.hounsfield[pair.other]):
        return Pair(pair.one, pair.other, 1.0)
    return Pair(pair.one, pair.other, min(pair.correlation, 0.999999))


def standardised(hounsfield: Hounsfield) -> Float32[np.ndarray, "slices pixels"]:
    """Each slice's pixels as a vector of mean 0 and length 1; of length 0 where all are the same."""
    pixels = hounsfield.reshape(len(hounsfield), -1).astype(np.float64)
    pixels -= pixels.mean(1, keepdims=True)
    length = np.linalg.norm(pixels, axis=1, keepdims=True)
    unit: Float32[np.ndarray, "slices pixels"] = np.divide(
        pixels, length, out=np.zeros_like(pixels), where=length > 0
    ).astype(np.float32)
    return unit
