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

    Patients are ordered by their classes (only benign, only malignant, both), by their number of slices, and among equal
    ones by a hash of seed and id, so that the result depends on nothing else. In that order each is dealt to the part that
    is furthest below its share of the patients. So patients with few and with many slices are in all parts alike; if a
    patient's own number of slices decided, those with many would be in the largest part. If a class would be missing in the
    first part, each kind of patients is dealt by itself, from the first part on.

    Args:
        patient: (N,) ids.
        label: (N,) 0 or 1.
        shares: share of the patients per part, adding up to 1.
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
    order = sorted(range(len(names)), key=lambda i: (stratum[i], count[i], draw(str(names[i]), seed)))
    part = np.empty(len(names), dtype=object)
    part[order] = deal(len(names), shares)
    first = next(iter(shares))
    if len(set(label[part[index] == first].tolist())) < len(set(label.tolist())):  # a class of very few patients
        for number in range(3):
            members = [i for i in order if stratum[i] == number]
            part[members] = deal(len(members), shares)
    empty = [name for name in shares if name not in set(part)]
    if empty:
        msg = f"Expected patients for {', '.join(shares)}, but {len(names)} are too few: none is left for {', '.join(empty)}."
        raise DataError(msg)
    return part[index].astype(np.str_)


def deal(count: int, shares: Mapping[str, float]) -> list[str]:
    """The part of each of so many patients in a row: every run of them is divided as near to the shares as possible.

    >>> deal(6, {"train": 0.5, "validation": 0.25, "test": 0.25})
    ['train', 'validation', 'test', 'train', 'train', 'validation']
    """
    dealt = dict.fromkeys(shares, 0)
    parts = []
    for total in range(1, count + 1):
        chosen = max(shares, key=lambda name: shares[name] * total - dealt[name])
        dealt[chosen] += 1
        parts.append(chosen)
    return parts


def draw(patient: str, seed: int) -> str:
    """The sorting key of a patient: a hash, which does not depend on other patients."""
    return hashlib.sha256(f"{seed}/{patient}".encode()).hexdigest()
