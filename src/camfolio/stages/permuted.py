"""Stage `permuted`: the slices with permuted labels, on which a network cannot learn to classify nodules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.randomisation import permuted_labels


def run(*, out: Path, slices: Path, split: Path, seed: int) -> None:
    """Write `slices.npz` with the labels of the training part and of the validation part permuted."""
    data = Slices.load(slices / "slices.npz")
    part = np.load(split / "part.npy", allow_pickle=False)
    replace(data, label=permuted_labels(data.label, part, seed)).save(out / "slices.npz")
