"""Pseudonyms for patients' ids, which cannot be reversed without the data.

A plain hash of an id can be reversed by hashing a list of ids. Pseudonyms are therefore salted, and the salt is a
digest of all grey values of the source: it is as secret as the images, need not be stored, cannot be lost or published
by mistake, and gives the same pseudonyms for the same data on every computer. Slices are ordered by pseudonym, since
their order in the source may follow a list of patients.

Somebody who has the images but not the ids can compute the salt and try ids. The hash is therefore slow (scrypt, 16 MiB
and some hundredths of a second of one core for an id), so that all eight-digit numbers take weeks of a core instead of minutes. That is
a limit, not a lock: against such a person only a secret of the project helps, which joins the salt.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.errors import DataError

DIGITS = 12  # two of a million patients share a pseudonym once in 500 studies
COST = 1 << 14
"""Of the hash (scrypt's n, a power of two): time and memory are proportional to it."""
BLOCK = 8
SHORTEST_SECRET = 16
NODULE_AND_SLICE = re.compile(r"-(n\d+-)?s\d+")
"""The part of a slice id after the patient's: number of the nodule, number of the slice."""


def pseudonymous(slices: Slices, salt: str) -> Slices:
    """The same slices with pseudonyms, ordered by pseudonym.

    Args:
        slices: with ids as stored.
        salt: of their source, see `salt_of`, and of the project, see `with_secret`.
    """
    patients = np.unique(slices.patient).tolist()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        names = dict(zip(patients, threads.map(partial(pseudonym, salt=salt), patients), strict=True))
    patient = np.array([names[str(name)] for name in slices.patient])
    names_of_slices = slice_names(slices, patient)
    taken = replace(slices, patient=patient, id=names_of_slices, nodule=nodule_names(slices, names_of_slices))
    return taken.select(np.lexsort((taken.id, taken.patient)))


def pseudonym(patient: str, salt: str) -> str:
    """One patient's pseudonym: `p-` and twelve hexadecimal digits of the slow, salted hash of the id.

    >>> pseudonym("Doe, Jane", "salt") == pseudonym("Doe, Jane", "salt") != pseudonym("Doe, Jane", "pepper")
    True
    """
    name, salt_bytes = patient.encode(), salt.encode()
    memory = 2 * 128 * BLOCK * (COST + 16)
    return "p-" + hashlib.scrypt(name, salt=salt_bytes, n=COST, r=BLOCK, p=1, maxmem=memory, dklen=DIGITS // 2).hex()


def with_secret(salt: str, secret: Path) -> str:
    """The salt of a source, keyed with the content of a file.

    Raises:
        DataError: if the file is too short to be a secret, or cannot be read.
    """
    try:
        content = secret.read_bytes().strip()
    except OSError as error:
        msg = f"Expected a readable file with a secret, but got {type(error).__name__} for {secret.name}."
        raise DataError(msg) from None
    if len(content) < SHORTEST_SECRET:
        msg = (
            f"Expected a secret of at least {SHORTEST_SECRET} bytes, but {secret.name} has {len(content)}. Write random ones, "
            'for example with python -c "import secrets; print(secrets.token_hex())".'
        )
        raise DataError(msg)
    return hmac.new(content, salt.encode(), hashlib.sha256).hexdigest()


def slice_names(slices: Slices, patient: np.ndarray) -> np.ndarray:
    """Ids of pseudonym, nodule and slice; of pseudonym and a running number if the stored ids have another form."""
    ends = [str(stored).removeprefix(str(name)) for stored, name in zip(slices.id, slices.patient, strict=True)]
    if not all(NODULE_AND_SLICE.fullmatch(end) for end in ends):
        numbers: dict[str, int] = {}
        for index in np.argsort(slices.id, kind="stable"):
            numbers[patient[index]] = numbers.get(patient[index], 0) + 1
            ends[index] = f"-s{numbers[patient[index]]}"
    return np.array([f"{name}{end}" for name, end in zip(patient, ends, strict=True)])


def nodule_names(slices: Slices, names: np.ndarray) -> np.ndarray:
    """Each nodule named after the first of its slices' new ids."""
    order = np.argsort(names, kind="stable")
    _, first, nodule_index = np.unique(slices.nodule[order], return_index=True, return_inverse=True)
    named = np.empty_like(names)
    named[order] = names[order][first[nodule_index]]
    return named
