"""Stage `inspection`: checks of the slices before training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.inspection import MOST_PAIRS, histogram, near_duplicates, warnings_about
from camfolio.data.slices import Slices
from camfolio.results.inspection import InspectionResult, SimilarPair, SlicesPerPatient


def run(*, out: Path, slices: Path) -> None:
    """Write `InspectionResult`, and `pairs.npy`, int64 (pairs, 2): the positions of all near-duplicate slices."""
    data = Slices.load(slices / "slices.npz")
    pairs = near_duplicates(data)
    _, per_patient = np.unique(data.patient, return_counts=True)
    np.save(out / "pairs.npy", np.array([(pair.first, pair.second) for pair in pairs], np.int64).reshape(-1, 2))
    InspectionResult(
        histogram=histogram(data.hounsfield),
        warnings=tuple(warnings_about(data.hounsfield)),
        slices_per_patient=SlicesPerPatient(
            lowest=int(per_patient.min()), median=float(np.median(per_patient)), highest=int(per_patient.max())
        ),
        equal=sum(pair.correlation == 1 for pair in pairs),
        alike=len(pairs),
        alike_of_two_classes=sum(bool(data.label[pair.first] != data.label[pair.second]) for pair in pairs),
        pairs=tuple(
            SimilarPair(
                first=str(data.id[pair.first]),
                second=str(data.id[pair.second]),
                correlation=round(pair.correlation, 6),
            )
            for pair in pairs[:MOST_PAIRS]
        ),
    ).write(out)
