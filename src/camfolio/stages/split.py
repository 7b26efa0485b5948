"""Stage `split`: which slice is in which part, by patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.data.splits import PARTS, split_by_patient
from camfolio.results.files import write_json
from camfolio.study.settings import Split


def run(*, out: Path, slices: Path, split: Split, seed: int) -> None:
    """Write `part.npy`, (N,) the part of each slice, and `split.json`, the counts."""
    data = Slices.load(slices / "slices.npz")
    part = split_by_patient(data.patient, data.label, split.model_dump(), seed)
    np.save(out / "part.npy", part, allow_pickle=False)
    counts = {
        name: {
            "slices": int((part == name).sum()),
            "patients": len(np.unique(data.patient[part == name])),
            "by_class": np.bincount(data.label[part == name], minlength=2).tolist(),
        }
        for name in PARTS
    }
    write_json(out / "split.json", counts)
