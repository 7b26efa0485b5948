"""Split into training, validation and test part by patient: all nodules of a patient are in the same part."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from camfolio.errors import DataError
from camfolio.shapes import Labels, Names

PARTS = ("train", "validation", "test")


def split_by_patient(patient: Names, label: Labels, shares: Mapping[str, float], seed: int) -> Names:
    """Assign every slice to a part.

    Patients are stratified by their classes (only benign, only malignant, both) and ordered within a stratum by
    a hash of seed and id, so that the result depends on nothing else. In that order, each patient is assigned to the
    part that is furthest below its share of the stratum's slices.

    Args:
        patient: (N,) ids.
        label: (N,) 0 or 1.
        shares: share of the slices per part, adding up to 1.
        seed: another seed gives another split.

    Returns:
        (N,) the name of each slice's part.

    Raises:
        DataError: if a part would be empty, for want of patients.
    """
    names, index, count = np.unique(patient, return_inverse=True, return_counts=True)
    if len(names) < len(shares):
        msg = f"Expected at least {len(shares)} patients for {', '.join(shares)}, but got {len(names)}."
        raise DataError(msg)
    malignant = np.bincount(index, weights=label) / count
    stratum = np.where(malignant == 0, 0, np.where(malignant == 1, 1, 2))
    order = sorted(range(len(names)), key=lambda i: draw(str(names[i]), seed))
    part = np.empty(len(names), dtype=object)
    for number in range(3):
        members = [i for i in order if stratum[i] == number]
        for member, chosen in zip(members, fill(count[members], shares), strict=True):
            part[member] = chosen
    empty = [name for name in shares if name not in set(part)]
    if empty:
        msg = f"Expected patients for {', '.join(shares)}, but {len(names)} are too few: none is left for {', '.join(empty)}."
        raise DataError(msg)
    return part[index].astype(np.str_)


def fill(counts: np.ndarray, shares: Mapping[str, float]) -> list[str]:
    """Assign patients with so many slices each to parts, keeping every part as near to its share as possible."""
    filled = dict.fromkeys(shares, 0)
    assigned = []
    for count in counts:
        total = sum(filled.values()) + int(count)
        chosen = max(shares, key=lambda name: shares[name] * total - filled[name])
        filled[chosen] += int(count)
        assigned.append(chosen)
    return assigned


def draw(patient: str, seed: int) -> str:
    """The sorting key of a patient: a hash, which does not depend on other patients."""
    return hashlib.sha256(f"{seed}/{patient}".encode()).hexdigest()
