"""Pseudonyms: not reversible without the data, reproducible, and without effect on other fields."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camfolio.data import pseudonyms
from camfolio.data.pseudonyms import pseudonym, pseudonymous, with_secret
from camfolio.data.reading import salt_of
from camfolio.errors import DataError


@pytest.fixture(scope="module", autouse=True)
def _fast() -> Iterator[None]:
    """A cheap hash for all tests but that of its cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pseudonyms, "COST", 2)
        yield


DEFAULT_COST = pseudonyms.COST
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


def test_what_belongs_to_one_nodule_still_does_and_its_name_is_no_patients(tiny_slices):
    before = tiny_slices(12, slices_per_patient=3)
    before = replace(before, nodule=np.array([f"{name}-n{i % 2}" for i, name in enumerate(before.patient)]))
    after = pseudonymous(before, "salt")

    def together(slices):
        return {
            frozenset(one.tobytes() for one in slices.hounsfield[slices.nodule == name]) for name in set(slices.nodule)
        }

    assert together(after) == together(before)
    assert all(name.startswith("p-") for name in after.nodule)
    assert set(after.nodule) <= set(after.id)


def test_nodules_that_are_not_known_stay_unknown(tiny_slices):
    assert not pseudonymous(tiny_slices(6), "salt").nodules_known


def test_a_try_needs_the_memory_and_the_work_of_a_slow_hash(monkeypatch):
    monkeypatch.setattr(pseudonyms, "COST", DEFAULT_COST)
    assert 128 * DEFAULT_COST * pseudonyms.BLOCK >= 16 << 20  # bytes for one id
    slow = hashlib.scrypt(b"00000001", salt=b"salt", n=1 << 14, r=8, p=1, maxmem=64 << 20, dklen=6)
    assert pseudonym("00000001", "salt") == f"p-{slow.hex()}"


def test_a_secret_changes_all_pseudonyms_and_the_same_one_none(tmp_path, tiny_slices):
    for name, content in {"a": "x" * 16, "b": "x" * 16 + "\n", "c": "y" * 16}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    one, same, other = (pseudonymous(tiny_slices(8), with_secret("salt", tmp_path / name)).patient for name in "abc")
    assert set(one) == set(same)
    assert not set(one) & (set(other) | set(pseudonymous(tiny_slices(8), "salt").patient))


def test_a_short_secret_is_refused(tmp_path):
    (tmp_path / "secret").write_text("1234\n", encoding="utf-8")
    with pytest.raises(
        DataError, match=r"a secret of at least 16 bytes, but secret has 4\. Write random ones, for example"
    ):
        with_secret("salt", tmp_path / "secret")
