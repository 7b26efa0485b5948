"""Pseudonyms for patients' ids, which cannot be reversed without the data.

A plain hash of an id can be reversed by hashing a list of ids. Pseudonyms are therefore salted, and the salt is a
digest of all grey values of the source: it is as secret as the images, need not be stored, cannot be lost or published
by mistake, and gives the same pseudonyms for the same data on every computer. Slices are ordered by pseudonym, since
their order in the source may follow a list of patients.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace

import numpy as np

from camfolio.data.slices import Slices

DIGITS = 12  # two of a million patients share a pseudonym once in 500 studies
NODULE_AND_SLICE = re.compile(r"-(n\d+-)?s\d+")
"""The part of a slice id after the patient's: number of the nodule, number of the slice."""


def pseudonymous(slices: Slices, salt: str) -> Slices:
    """The same slices with pseudonyms, ordered by pseudonym.

    Args:
        slices: with ids as stored.
        salt: of their source, see `salt_of`.
    """
    names = {str(patient): pseudonym(str(patient), salt) for patient in np.unique(slices.patient)}
    patient = np.array([names[str(name)] for name in slices.patient])
    taken = replace(slices, patient=patient, id=slice_names(slices, patient))
    return taken.select(np.lexsort((taken.id, taken.patient)))


def pseudonym(patient: str, salt: str) -> str:
    """One patient's pseudonym: `p-` and twelve hexadecimal digits of the keyed hash of the id.

    >>> pseudonym("Doe, Jane", "salt") == pseudonym("Doe, Jane", "salt") != pseudonym("Doe, Jane", "pepper")
    True
    """
    return "p-" + hmac.new(salt.encode(), patient.encode(), hashlib.sha256).hexdigest()[:DIGITS]


def slice_names(slices: Slices, patient: np.ndarray) -> np.ndarray:
    """Ids of pseudonym, nodule and slice; of pseudonym and a running number if the stored ids have another form."""
    ends = [str(stored).removeprefix(str(name)) for stored, name in zip(slices.id, slices.patient, strict=True)]
    if not all(NODULE_AND_SLICE.fullmatch(end) for end in ends):
        numbers: dict[str, int] = {}
        for index in np.argsort(slices.id, kind="stable"):
            numbers[patient[index]] = numbers.get(patient[index], 0) + 1
            ends[index] = f"-s{numbers[patient[index]]}"
    return np.array([f"{name}{end}" for name, end in zip(patient, ends, strict=True)])
