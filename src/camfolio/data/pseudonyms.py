"""Pseudonyms for patients' ids, which cannot be reversed without the data.

A plain hash of an id can be reversed by hashing every id of a list. Therefore a salt goes in, and the salt is a digest
of all grey values that the source holds: it is as secret as the images, it need not be kept, cannot be lost or
published by mistake, and the same data get the same pseudonyms on every computer. Slices are ordered by pseudonym,
since their order in the source may follow a list of patients. Other data make other pseudonyms.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace

import numpy as np

from camfolio.data.slices import Slices

DIGITS = 12  # two of a million patients share a pseudonym once in 500 studies
PLACE = re.compile(r"-(n\d+-)?s\d+")
"""What an id of ours says behind the patient: which nodule, which slice."""


def pseudonymous(slices: Slices, salt: str) -> Slices:
    """The same slices under pseudonyms, ordered by them.

    Args:
        slices: with ids as stored.
        salt: secret of the data they come from.
    """
    names = {str(patient): pseudonym(str(patient), salt) for patient in np.unique(slices.patient)}
    patient = np.array([names[str(one)] for one in slices.patient])
    taken = replace(slices, patient=patient, id=slice_names(slices, patient))
    return taken.select(np.lexsort((taken.id, taken.patient)))


def pseudonym(patient: str, salt: str) -> str:
    """One patient's pseudonym: `p-` and twelve hexadecimal digits of the keyed hash of the id.

    >>> pseudonym("Doe, Jane", "salt") == pseudonym("Doe, Jane", "salt") != pseudonym("Doe, Jane", "pepper")
    True
    """
    return "p-" + hmac.new(salt.encode(), patient.encode(), hashlib.sha256).hexdigest()[:DIGITS]


def slice_names(slices: Slices, patient: np.ndarray) -> np.ndarray:
    """Ids made of pseudonym, nodule and slice; of pseudonym and running number where ids do not say them."""
    ends = [str(own).removeprefix(str(name)) for own, name in zip(slices.id, slices.patient, strict=True)]
    if not all(PLACE.fullmatch(end) for end in ends):
        seen: dict[str, int] = {}
        for place in np.argsort(slices.id, kind="stable"):
            seen[patient[place]] = seen.get(patient[place], 0) + 1
            ends[place] = f"-s{seen[patient[place]]}"
    return np.array([f"{name}{end}" for name, end in zip(patient, ends, strict=True)])
