"""Splits: by patient, complete, near their shares, and dependent on nothing but seed and ids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from camfolio.data.splits import PARTS, deal, split_by_patient
from camfolio.errors import DataError

SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}


@st.composite
def patients(draw):
    """Patient and label of every slice, in any order, slices of a patient apart."""
    rows = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1)), min_size=3, max_size=120))
    patient = np.array([f"p{number}" for number, _ in rows])
    return patient, np.array([label for _, label in rows])


def split_or_give_up(patient, label, seed=0, shares=SHARES):
    """Tiny random sets may leave a part empty, which is refused: not this test's question."""
    try:
        return split_by_patient(patient, label, shares, seed)
    except DataError:
        assume(False)


def big(count=400, seed=1):
    chance = np.random.default_rng(seed)
    slices = chance.integers(1, 6, count)
    patient = np.repeat([f"p{i}" for i in range(count)], slices)
    label = np.repeat(chance.integers(0, 2, count), slices)
    mixed = np.isin(patient, [f"p{i}" for i in range(0, count, 4)])
    label = np.where(mixed, chance.integers(0, 2, len(label)), label)
    return patient, label


@given(patients(), st.integers(0, 2**32 - 1))
def test_no_patient_is_in_two_parts(rows, seed):
    part = split_or_give_up(*rows, seed)
    for name in np.unique(rows[0]):
        assert len(set(part[rows[0] == name])) == 1


@given(patients(), st.integers(0, 2**32 - 1))
def test_every_slice_is_in_one_part_and_no_part_is_empty(rows, seed):
    part = split_or_give_up(*rows, seed)
    assert part.shape == rows[0].shape
    assert set(part) == set(PARTS)


@given(patients(), st.randoms(use_true_random=False))
def test_the_order_of_the_slices_does_not_matter(rows, random):
    patient, label = rows
    part = split_or_give_up(patient, label)
    order = list(range(len(patient)))
    random.shuffle(order)
    assert np.array_equal(split_by_patient(patient[order], label[order], SHARES, 0), part[order])


@given(patients(), st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_split(rows, seed):
    part = split_or_give_up(*rows, seed)
    assert np.array_equal(split_by_patient(*rows, SHARES, seed), part)


def test_another_seed_gives_another_split():
    splits = [split_by_patient(*big(), SHARES, seed) for seed in range(4)]
    for one in range(4):
        for other in range(one):
            assert (splits[one] != splits[other]).mean() > 0.2


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", [SHARES, {"train": 0.5, "validation": 0.2, "test": 0.3}], ids=["70", "50"])
def test_a_big_set_is_split_in_its_shares_overall_and_in_each_class(seed, shares):
    patient, label = big()
    part = split_by_patient(patient, label, shares, seed)
    for name, share in shares.items():
        assert (part == name).mean() == pytest.approx(share, abs=0.02)
        for one in (0, 1):
            assert (part[label == one] == name).mean() == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("seed", range(10))
def test_one_more_patient_leaves_most_where_they_were(seed):
    patient, label = big(seed=seed)
    before = split_by_patient(patient, label, SHARES, seed)
    after = split_by_patient(np.append(patient, "new"), np.append(label, 1), SHARES, seed)[:-1]
    assert (before == after).mean() > 0.6


@given(st.integers(1, 200), st.integers(0, 100))
def test_dealing_keeps_every_run_of_patients_within_two_of_its_shares(count, start):
    dealt = deal(start + count, SHARES)[start:]
    for name, share in SHARES.items():
        assert abs(dealt.count(name) - share * count) <= 2


def test_patients_with_many_slices_are_not_in_one_part_more_than_in_another():
    patient, label = big(600)
    means = {name: [] for name in PARTS}
    for seed in range(30):
        part = split_by_patient(patient, label, SHARES, seed)
        for name in PARTS:
            means[name].append((part == name).sum() / len(np.unique(patient[part == name])))
    overall = len(patient) / len(np.unique(patient))
    for name in PARTS:
        assert np.mean(means[name]) == pytest.approx(overall, abs=0.05)


@pytest.mark.parametrize("count", range(12, 40))
def test_a_class_of_one_patient_is_in_the_training_part(count):
    patient = np.array([f"p{number:02d}" for number in range(count)])
    for rare in (0, 1):
        label = np.full(count, 1 - rare)
        label[5] = rare
        part = split_by_patient(patient, label, SHARES, 0)
        assert part[5] == "train"
        assert set(part) == set(PARTS)


def test_fewer_patients_than_parts_are_refused():
    with pytest.raises(DataError, match="Expected at least 3 patients for train, validation, test, but got 2"):
        split_by_patient(np.array(["a", "a", "b"]), np.array([0, 1, 1]), SHARES, 0)


def test_an_empty_part_is_refused():
    with pytest.raises(DataError, match="3 are too few: none is left for test"):
        split_by_patient(np.array(["a", "b", "c", "c"]), np.array([0, 1, 0, 1]), SHARES, 0)
