"""Stage `external-split`: every slice of an external source is a test slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.results.files import write_json


def run(*, out: Path, slices: Path) -> None:
    """Write `part.npy`, (N,) all `test`, and `split.json`, the counts, as the stage `split` does."""
    data = Slices.load(slices / "slices.npz")
    np.save(out / "part.npy", np.full(len(data), "test"), allow_pickle=False)
    counts = {
        "slices": len(data),
        "patients": len(np.unique(data.patient)),
        "by_class": np.bincount(data.label, minlength=2).tolist(),
    }
    write_json(out / "split.json", {"test": counts})
