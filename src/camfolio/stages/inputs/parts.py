"""The slices of one part of the split."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices


def part_slices(slices: Path, split: Path, part: str) -> tuple[Slices, np.ndarray]:
    """The slices of a part (`train`, `validation`, `test`), and which of all slices they are: bool (N,)."""
    chosen: np.ndarray = np.load(split / "part.npy", allow_pickle=False) == part
    return Slices.load(slices / "slices.npz").select(chosen), chosen
