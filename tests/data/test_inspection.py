"""Checks before training: values that are not in HU, and duplicate slices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camfolio.data import inspection
from camfolio.data.inspection import histogram, near_duplicates, repeated, warnings_about, within_nodules
from camfolio.results.inspection import InspectionResult, WithinPatients
from camfolio.stages import inspection as stage

LUNG = np.random.default_rng(0).normal(-850, 50, (4, 16, 16)).astype(np.float32)
LUNG[:, 5:10, 5:10] = 40


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (((LUNG + 1000) / 1400).clip(0, 1), "between 0 and 1: they look scaled"),
        (((LUNG + 1100) / 1400 * 255).clip(0, 255), "between 0 and 255: they look like 8-bit grey values"),
        (LUNG + 1024 + 200, "like stored values without rescale slope and intercept"),
        (LUNG.clip(min=-300), "No value is below -300 HU: lungs hold air"),
        (LUNG.clip(max=-300), "No value is above -300 HU: visible nodules are denser"),
        (np.concatenate([LUNG, np.full((1, 16, 16), -850, np.float32)]), "1 of 5 slices hold a single value"),
        (np.where(LUNG > 0, -850, 60).astype(np.float32), "Half of all values are above 60 HU"),
    ],
)
def test_values_that_are_no_hounsfield_units_are_noticed(values, words):
    said = warnings_about(values.astype(np.float32))
    assert len(said) == 1
    assert words in said[0]


def test_lungs_give_no_warning(tiny_slices):
    assert warnings_about(LUNG) == []
    assert warnings_about(tiny_slices().hounsfield) == []


def test_a_histogram_counts_every_pixel_once():
    values = np.array([[[-3000, -1075], [0, 5000]]], np.float32)
    found = histogram(values)
    assert sum(found.share) == pytest.approx(1)
    assert found.share[0] == 0.5
    assert found.share[found.edges_hu.index(0)] == 0.25
    assert found.share[-1] == 0.25


def slow(slices) -> set[tuple[int, int]]:
    """Pairs of different nodules by a loop with numpy's correlation."""
    found = set()
    for one in range(len(slices)):
        for other in range(one + 1, len(slices)):
            a, b = slices.hounsfield[one].ravel().astype(float), slices.hounsfield[other].ravel().astype(float)
            if a.std() and b.std() and slices.nodule[one] != slices.nodule[other] and np.corrcoef(a, b)[0, 1] >= 0.99:
                found.add((one, other))
    return found


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 7))
def test_doubles_are_those_of_a_slow_search_whatever_the_blocks(tiny_slices, seed, rows):
    slices = tiny_slices(14)
    chance = np.random.default_rng(seed)
    values = slices.hounsfield.copy()
    for _ in range(4):
        one, other = chance.choice(14, 2, replace=False)
        values[one] = values[other] * chance.uniform(0.5, 2) + chance.normal(0, chance.choice([0, 5, 60]), (16, 16))
    values[chance.integers(14)] = -850
    changed = replace(slices, hounsfield=values.astype(np.float32), nodule=slices.patient)
    before = inspection.ROWS
    inspection.ROWS = rows
    try:
        found = near_duplicates(changed)
    finally:
        inspection.ROWS = before
    assert {(pair.first, pair.second) for pair in found} == slow(changed)
    assert [pair.correlation for pair in found] == sorted((pair.correlation for pair in found), reverse=True)


def test_equal_slices_have_correlation_one_and_almost_equal_ones_less(tiny_slices):
    slices = tiny_slices(6)
    values = slices.hounsfield.copy()
    values[2], values[4] = values[0], values[0]
    values[4, 0, 0] += 1
    found = {
        (pair.first, pair.second): pair.correlation for pair in near_duplicates(replace(slices, hounsfield=values))
    }
    assert found[0, 2] == 1
    assert 0.99 < found[0, 4] < 1


def test_slices_of_one_nodule_are_no_duplicates_and_are_counted_apart(tiny_slices):
    slices = tiny_slices(2)
    values = slices.hounsfield.copy()
    values[1] = values[0]
    same = replace(slices, hounsfield=values, nodule=slices.patient)
    assert near_duplicates(same) == []
    assert within_nodules(same) == (1, 1)
    assert within_nodules(tiny_slices(6, slices_per_patient=3)) == (0, 0)


def test_duplicates_are_pairs_of_two_patients_and_those_of_one_are_counted_by_nodule(tiny_slices, tmp_path):
    """Of eight slices of two patients, 0 and 1 show one nodule, 2 copies 0 as another nodule, and 4 copies 0 for another patient."""
    slices = tiny_slices(8, slices_per_patient=4)
    values = slices.hounsfield.copy()
    values[1] = values[2] = values[4] = values[0]
    nodule = np.array(["a", "a", "b", "c", "d", "e", "e", "e"])
    label = np.zeros(8, np.int64)
    found = inspected(replace(slices, hounsfield=values, nodule=nodule, label=label), tmp_path)
    assert (found.alike, found.equal) == (3, 3)
    assert np.load(tmp_path / "pairs.npy").tolist() == [[0, 4], [1, 4], [2, 4]]
    within = found.within_patients
    assert (within.other_nodules, within.same_nodule_pairs) == (2, 1 + 3)
    assert found.repeated == 2
    assert within.same_nodule >= 1


def test_slices_of_one_patient_are_not_compared_where_nodules_are_not_known(tiny_slices, tmp_path):
    assert inspected(tiny_slices(6), tmp_path).within_patients is None
    known = tiny_slices(6)
    assert isinstance(inspected(replace(known, nodule=known.patient), tmp_path).within_patients, WithinPatients)


def test_a_slice_under_two_numbers_is_counted_within_a_patient_whatever_its_nodule(tiny_slices, tmp_path):
    slices = tiny_slices(8, slices_per_patient=4)
    values = slices.hounsfield.copy()
    values[3] = values[1] = values[0]
    values[5] = values[4] + np.float32(1)
    values[6] = values[7] = -1000
    copied = replace(slices, hounsfield=values)
    assert inspected(copied, tmp_path).repeated == 2
    assert repeated(replace(copied, nodule=copied.patient)) == 2
    assert repeated(replace(copied, patient=copied.id)) == 0
    assert repeated(slices) == 0


def inspected(slices, folder) -> InspectionResult:
    slices.save(folder / "slices.npz")
    stage.run(out=folder, slices=folder)
    return InspectionResult.read(folder)
