"""Stage `inspection`: checks of the slices before training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.inspection import (
    MOST_PAIRS,
    histogram,
    near_duplicates,
    repeated,
    warnings_about,
    within_nodules,
)
from camfolio.data.slices import Slices
from camfolio.results.inspection import InspectionResult, SimilarPair, SlicesPerPatient, WithinPatients


def run(*, out: Path, slices: Path) -> None:
    """Write `InspectionResult`, and `pairs.npy`, int64 (pairs, 2): the positions of near-duplicate slices of two patients."""
    data = Slices.load(slices / "slices.npz")
    found = near_duplicates(data)
    pairs = [pair for pair in found if data.patient[pair.first] != data.patient[pair.second]]
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
        within_patients=within_patients(data, len(found) - len(pairs)) if data.nodules_known else None,
        repeated=repeated(data),
        pairs=tuple(
            SimilarPair(
                first=str(data.id[pair.first]),
                second=str(data.id[pair.second]),
                correlation=round(pair.correlation, 6),
            )
            for pair in pairs[:MOST_PAIRS]
        ),
    ).write(out)


def within_patients(data: Slices, other_nodules: int) -> WithinPatients:
    """Counts of slices of one patient that look alike, `other_nodules` of them of different nodules."""
    pairs, alike = within_nodules(data)
    return WithinPatients(other_nodules=other_nodules, same_nodule=alike, same_nodule_pairs=pairs)
