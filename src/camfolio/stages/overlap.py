"""Stage `overlap`: near-duplicate slices in different parts of the split."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.results.overlap import OverlapResult


def run(*, out: Path, inspection: Path, split: Path) -> None:
    """Write `OverlapResult`, from the pairs of stage `inspection`."""
    pairs = np.load(inspection / "pairs.npy", allow_pickle=False)
    part = np.load(split / "part.npy", allow_pickle=False)
    across = pairs[part[pairs[:, 0]] != part[pairs[:, 1]]]
    slices = np.unique(across)
    OverlapResult(pairs=len(across), test_slices=int((part[slices] == "test").sum())).write(out)
