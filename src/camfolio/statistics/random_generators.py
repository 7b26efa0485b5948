"""Per-slice random generators, seeded by study seed and slice id, so that slices do not affect each other."""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Bool

from camfolio.shapes import Names


def slice_generator(seed: int, name: str, purpose: str) -> np.random.Generator:
    """A generator for one slice and purpose, independent of those of other slices, purposes and seeds."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def sample_by_patient(patient: Names, limit: int, seed: int) -> Bool[np.ndarray, " slices"]:
    """A random subset of slices: all slices of randomly drawn patients.

    Patients are added in the order of a hash of seed and id, each if the limit allows it; the first always.

    Args:
        patient: (N,) patient ids of the slices.
        limit: largest number of slices, unless the first patient alone has more.
        seed: of the order of patients.

    Returns:
        True on the slices of the sample.
    """
    names, patient_index, counts = np.unique(patient, return_inverse=True, return_counts=True)
    draws = [slice_generator(seed, str(name), "sample").random() for name in names]
    taken = np.zeros(len(names), dtype=bool)
    for index in np.argsort(draws):
        taken[index] = not taken.any() or counts[taken].sum() + counts[index] <= limit
    chosen: np.ndarray = taken[patient_index]
    return chosen
