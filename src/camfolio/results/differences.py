"""How far a recomputed result file is from an earlier one, number by number."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

SMALLEST = 0.01
"""Single numbers of smaller magnitude are compared as if they had this one, so that 1e-9 beside 0 is no difference."""
DIGEST = "sha256"
"""Key of a digest of a file, which is compared itself."""
UNEQUAL = math.inf
"""Difference of things that are no numbers and differ, or are not of one kind or shape."""


def difference(before: Path, after: Path) -> float:
    """The largest relative difference of two files with one name: 0 if they are equal, infinite if no number tells it.

    A number of a JSON or CSV file is compared with its own magnitude; an array of an npy, npz or safetensors file, and the numbers
    of an f32 or i16 file, with the largest magnitude in it; a PNG pixel by pixel, and an SVG by the PNG of the same name beside it. Other files are
    equal or not.
    """
    if before.read_bytes() == after.read_bytes():
        return 0.0
    compare = COMPARISONS.get(before.suffix)
    return compare(before, after) if compare else UNEQUAL


def json_difference(before: Path, after: Path) -> float:
    """Of two JSON files."""
    return values_difference(*(json.loads(file.read_text(encoding="utf-8")) for file in (before, after)))


def values_difference(before: Any, after: Any) -> float:  # noqa: ANN401 - any JSON value
    """Of two JSON values; digests of files, under the key `sha256`, are left out.

    >>> values_difference({"auc": 0.5, "slices": [1]}, {"auc": 0.51, "slices": [1]}) < 0.02
    True
    >>> values_difference({"auc": 0.5}, {"auc": None})
    inf
    """
    if before == after:
        return 0.0
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        return max((values_difference(before[key], after[key]) for key in before if key != DIGEST), default=0.0)
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return max(values_difference(*pair) for pair in zip(before, after, strict=True))
    if is_number(before) and is_number(after):
        return number_difference(float(before), float(after))
    return UNEQUAL


def is_number(value: object) -> bool:
    """Whether a JSON value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_difference(before: float, after: float) -> float:
    """Relative to the larger magnitude of the two, or to SMALLEST."""
    if math.isnan(before) or math.isnan(after):
        return 0.0 if math.isnan(before) and math.isnan(after) else UNEQUAL
    return abs(before - after) / max(abs(before), abs(after), SMALLEST) if math.isfinite(before - after) else UNEQUAL


def csv_difference(before: Path, after: Path) -> float:
    """Of two CSV files, cell by cell."""
    tables: list[list[list[str]]] = []
    for file in (before, after):
        with file.open(encoding="utf-8", newline="") as opened:
            tables.append(list(csv.reader(opened)))
    parsed = ([[cell_value(cell) for cell in row] for row in table] for table in tables)
    return values_difference(*parsed)


def cell_value(cell: str) -> float | str:
    """A cell as a number if it is one."""
    try:
        return float(cell)
    except ValueError:
        return cell


def arrays_difference(before: Path, after: Path) -> float:
    """Of two files of arrays, relative to the largest magnitude of each array."""
    first, second = (arrays_of(file) for file in (before, after))
    if first.keys() != second.keys():
        return UNEQUAL
    return max((array_difference(first[name], second[name]) for name in first), default=0.0)


def arrays_of(file: Path) -> Mapping[str, np.ndarray]:
    """The arrays of an npy, npz or safetensors file."""
    if file.suffix == ".npy":
        return {file.stem: np.load(file, allow_pickle=False)}
    if file.suffix == ".npz":
        with np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    from safetensors.numpy import load_file  # only `verify` needs it

    loaded: dict[str, np.ndarray] = load_file(file)
    return loaded


def numbers_difference(before: Path, after: Path) -> float:
    """Of two files of nothing but numbers, float32 or int16, relative to the largest magnitude."""
    first, second = (np.fromfile(file, NUMBERS[file.suffix]).astype(np.float64) for file in (before, after))
    return array_difference(first, second)


def array_difference(before: np.ndarray, after: np.ndarray) -> float:
    """Of two arrays, relative to the largest magnitude in them; NaN equals NaN.

    >>> round(array_difference(np.array([1.0, np.nan]), np.array([1.01, np.nan])), 4)
    0.0099
    """
    if before.shape != after.shape or before.dtype != after.dtype:
        return UNEQUAL
    if np.array_equal(before, after, equal_nan=before.dtype.kind == "f"):
        return 0.0
    if before.dtype.kind != "f":
        return UNEQUAL
    first, second = before.astype(np.float64), after.astype(np.float64)
    defined = np.isfinite(first) & np.isfinite(second)
    if not np.array_equal(first[~defined], second[~defined], equal_nan=True):
        return UNEQUAL
    first, second = first[defined], second[defined]
    return float(np.abs(first - second).max() / max(np.abs(first).max(), np.abs(second).max()))


def pixels_difference(before: Path, after: Path) -> float:
    """Of two PNG files: the mean over pixels of the largest difference of a channel, as a share of its range.

    Letters drawn by another font library differ in some pixels of their edges, so the mean stays small. A mean is also
    small for a curve that moved: a figure's CSV file, which is compared too, has its numbers.
    """
    from PIL import Image  # only `verify` needs it

    pixels: list[np.ndarray] = []
    for file in (before, after):
        with Image.open(file) as image:
            pixels.append(np.asarray(image.convert("RGBA"), dtype=np.float64))
    first, second = pixels
    if first.shape != second.shape:
        return UNEQUAL
    return float(np.abs(first - second).max(axis=-1).mean() / 255)


def drawing_difference(before: Path, after: Path) -> float:
    """Of two SVG files: that of the PNG files of the same name beside them; infinite if there are none."""
    files = before.with_suffix(".png"), after.with_suffix(".png")
    return difference(*files) if all(file.is_file() for file in files) else UNEQUAL


NUMBERS = {".f32": "<f4", ".i16": "<i2"}
"""Suffix of a file of nothing but numbers -> their type."""
COMPARISONS: Mapping[str, Callable[[Path, Path], float]] = {
    ".json": json_difference,
    ".csv": csv_difference,
    ".npy": arrays_difference,
    ".npz": arrays_difference,
    ".png": pixels_difference,
    ".svg": drawing_difference,
    ".safetensors": arrays_difference,
    ".f32": numbers_difference,
    ".i16": numbers_difference,
}
"""Suffix of a file -> its comparison."""
