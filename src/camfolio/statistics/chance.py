"""Chance that belongs to a slice: a generator from the seed and the slice's id, so that no other slice matters."""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Bool

from camfolio.shapes import Names


def slice_generator(seed: int, name: str, purpose: str) -> np.random.Generator:
    """A generator for one slice and one purpose; every other slice, purpose or seed has another."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def sample_by_patient(patient: Names, wanted: int, seed: int) -> Bool[np.ndarray, " slices"]:
    """Which slices to look at where all would take too long: all slices of patients drawn one after the other.

    Patients come in the order of a hash of seed and id, each as long as it still fits; at least the first one.

    Args:
        patient: (N,) ids.
        wanted: how many slices at most, unless the first patient alone has more.
        seed: another one gives another sample.
    """
    names, owner, counts = np.unique(patient, return_inverse=True, return_counts=True)
    draws = [slice_generator(seed, str(name), "sample").random() for name in names]
    taken = np.zeros(len(names), dtype=bool)
    for one in np.argsort(draws):
        taken[one] = not taken.any() or counts[taken].sum() + counts[one] <= wanted
    chosen: np.ndarray = taken[owner]
    return chosen
