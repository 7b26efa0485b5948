"""Stage `split`: assignment of slices to parts, by patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.data.splits import PARTS, split_by_patient
from camfolio.results.split import PartCounts, SplitResult
from camfolio.study.settings import Split


def run(*, out: Path, slices: Path, split: Split, seed: int) -> None:
    """Write `part.npy`, (N,) the part of each slice, and `SplitResult`."""
    data = Slices.load(slices / "slices.npz")
    part = split_by_patient(data.patient, data.label, split.model_dump(), seed)
    np.save(out / "part.npy", part, allow_pickle=False)
    SplitResult.model_validate({name: counts_of(data, part == name) for name in PARTS}).write(out)


def counts_of(data: Slices, chosen: np.ndarray) -> PartCounts:
    """Counts of the slices of a part, bool (N,)."""
    first, second = np.bincount(data.label[chosen], minlength=2).tolist()
    return PartCounts(slices=int(chosen.sum()), patients=len(np.unique(data.patient[chosen])), by_class=(first, second))
