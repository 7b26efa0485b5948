"""Stage `permuted`: a sample of the training slices with permuted labels, which a network can only memorise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.randomisation import permuted_labels
from camfolio.study.evidence import Evidence


def run(*, out: Path, slices: Path, split: Path, evidence: Evidence, seed: int, number: int) -> None:
    """Write `slices.npz` with the labels of the sample permuted, and `part.npy` without the other training slices."""
    data = Slices.load(slices / "slices.npz")
    part = np.load(split / "part.npy", allow_pickle=False)
    label, parts = permuted_labels(data.label, part, evidence.permuted_slices, seed, number)
    replace(data, label=label, nodule=data.id).save(out / "slices.npz")
    np.save(out / "part.npy", parts, allow_pickle=False)
