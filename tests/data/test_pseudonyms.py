"""Pseudonyms: not reversible without the data, reproducible, and without effect on other fields."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from camfolio.data.pseudonyms import pseudonym, pseudonymous
from camfolio.data.reading import salt_of

NAMES = st.text(min_size=1, max_size=20)


def key(slices):
    """Slices by their pixels, independent of ids."""
    return {slices.hounsfield[i].tobytes(): (slices.label[i], slices.mask[i].sum()) for i in range(len(slices))}


def test_every_slice_keeps_all_but_its_names(tiny_slices):
    before = tiny_slices(12)
    after = pseudonymous(before, "salt")
    assert key(after) == key(before)
    assert len(np.unique(after.id)) == 12
    assert not set(after.patient) & set(before.patient)


def by_patient(slices):
    """Who has which slices, without the names."""
    return {
        frozenset(one.tobytes() for one in slices.hounsfield[slices.patient == name]) for name in set(slices.patient)
    }


def test_slices_of_one_patient_stay_together(tiny_slices):
    before = tiny_slices(12, slices_per_patient=3)
    assert by_patient(pseudonymous(before, "salt")) == by_patient(before)


def test_slices_are_ordered_by_pseudonym_not_by_patient(tiny_slices):
    after = pseudonymous(tiny_slices(40), "salt")
    assert after.patient.tolist() == sorted(after.patient.tolist())
    assert after.id.tolist() == sorted(after.id.tolist())


def test_ids_say_which_nodule_and_slice_where_they_did_before(tiny_slices):
    before = tiny_slices(4)
    named = replace(before, id=np.array([f"{one}-n{i:02d}-s1" for i, one in enumerate(before.patient)]))
    after = pseudonymous(named, "salt")
    assert {one.partition("-n")[2] for one in after.id} == {"00-s1", "01-s1", "02-s1", "03-s1"}


def test_ids_that_may_say_anything_become_running_numbers(tiny_slices):
    before = tiny_slices(4)
    named = replace(before, id=np.array(["Jane Doe 1931", "scan 7", "b", "a"]))
    after = pseudonymous(named, "salt")
    assert {one.rpartition("-")[2] for one in after.id} == {"s1", "s2"}


def test_the_salt_comes_from_the_data_and_differs_with_them(tiny_slices):
    slices = tiny_slices(4)
    changed = slices.hounsfield.copy()
    changed[0, 0, 0] += 1
    assert salt_of([slices.hounsfield]) == salt_of([slices.hounsfield.copy()]) != salt_of([changed])


def test_hashing_a_list_of_ids_finds_no_pseudonym():
    ids = [f"LIDC-IDRI-{number:04d}" for number in range(1, 1013)]
    found = {pseudonym(one, "secret of the data").removeprefix("p-") for one in ids}
    guessed = {hashlib.new(kind, one.encode()).hexdigest()[:12] for kind in ("sha256", "md5", "sha1") for one in ids}
    assert len(found) == len(ids)
    assert not found & guessed


@given(NAMES, NAMES)
def test_two_patients_have_two_pseudonyms(one, other):
    assert (pseudonym(one, "salt") == pseudonym(other, "salt")) == (one == other)
