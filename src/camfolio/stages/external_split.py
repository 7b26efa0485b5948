"""Stage `external-split`: every slice of an external source is a test slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.results.split import SplitResult
from camfolio.stages.split import counts_of


def run(*, out: Path, slices: Path) -> None:
    """Write `part.npy`, (N,) `test` for every slice, and `SplitResult`, as the stage `split` does."""
    data = Slices.load(slices / "slices.npz")
    np.save(out / "part.npy", np.full(len(data), "test"), allow_pickle=False)
    SplitResult(test=counts_of(data, np.ones(len(data), dtype=bool))).write(out)
