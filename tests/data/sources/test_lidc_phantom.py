from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camfolio.data.lidc import annotations
from camfolio.data.sources import lidc_phantom
from camfolio.errors import DataError
from camfolio.evidence.localisation import offset_in_radii

RULE = {
    "statistic": "median",
    "min_readers": 3,
    "slices_per_nodule": 3,
    "size": 32,
    "spacing_mm": 1.0,
    "seed": 0,
}


@pytest.fixture(scope="module")
def everything():
    """One slice of every nodule, not rendered: what is counted needs no attenuation."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lidc_phantom, "rendered", lambda _, size, *__: np.zeros((size, size), np.float32))
        return lidc_phantom.read(**RULE | {"slices_per_nodule": 1})


@pytest.fixture
def few(monkeypatch):
    """Only the first patients."""
    nodules = annotations.read_nodules()[:20]
    monkeypatch.setattr(lidc_phantom, "read_nodules", lambda: nodules)
    return nodules


@pytest.mark.slow
def test_the_card_counts_every_nodule_once(everything):
    _, card = everything
    assert (card.counts["annotations"], card.counts["nodules"]) == (6859, 2667)
    assert card.counts["nodules_with_too_few_readers"] == 780 + 492
    assert card.counts["nodules_at_excluded_rating"] == 511
    assert {step.words: step.count for step in card.steps}["Nodules used"] == 451 + 433


@pytest.mark.slow
def test_slices_in_the_card_add_up(everything):
    slices, card = everything
    assert len(slices) + card.counts["slices_without_consensus_mask_dropped"] == 451 + 433


@pytest.mark.slow
def test_the_card_says_what_is_simulated(everything):
    _, card = everything
    assert card.attenuation == "simulated"
    assert "10.7937/K9/TCIA.2015.LO9QL9SX" in card.attribution
    assert "CC BY 3.0" in card.attribution


@pytest.mark.slow
def test_the_card_gives_the_date_of_the_collection_as_its_doi_does(everything):
    _, card = everything
    assert card.date == "2015"
    assert f"TCIA.{card.date}." in card.attribution


@pytest.mark.slow
def test_every_mask_holds_a_nodule_and_larger_ones_are_more_often_called_malignant(everything):
    slices, _ = everything
    assert slices.mask.any((1, 2)).all()
    benign, malignant = (np.median(slices.area_mm2[slices.label == label]) for label in (0, 1))
    assert malignant > 2 * benign


def test_ids_name_patient_nodule_and_slice(few):
    slices, _ = lidc_phantom.read(**RULE)
    assert slices.id[0] == "LIDC-IDRI-0001-n01-s1"
    assert all(name.startswith(f"{patient}-n") for name, patient in zip(slices.id, slices.patient, strict=True))
    assert set(slices.patient) <= {nodule.patient for nodule in few}


def test_masks_are_centred_and_the_spacing_is_the_wanted_one(few):
    slices, _ = lidc_phantom.read(**RULE)
    inside = slices.mask[~(slices.mask[:, [0, -1]].any((1, 2)) | slices.mask[:, :, [0, -1]].any((1, 2)))]
    centres = np.array([np.argwhere(mask).mean(0) for mask in inside])
    assert np.abs(centres - 15.5).max() < 1
    assert (slices.spacing == 1).all()


def test_displaced_slices_show_the_same_nodules_elsewhere(few):
    centred, displaced = (lidc_phantom.read(**RULE | {"displaced": given})[0] for given in (False, True))
    assert displaced.id.tolist() == centred.id.tolist()
    np.testing.assert_allclose(displaced.area_mm2, centred.area_mm2)
    offsets = offset_in_radii(displaced.mask, displaced.spacing)
    small = displaced.area_mm2 < 100
    assert 0 < small.sum() < len(small)
    assert offsets[small].min() >= 1
    assert np.median(offset_in_radii(centred.mask, centred.spacing)) < 0.2
    by = np.array(
        [np.argwhere(one)[0] - np.argwhere(was)[0] for one, was in zip(displaced.mask, centred.mask, strict=True)]
    )
    nodules = [name.rpartition("-")[0] for name in displaced.id]
    assert len({(name, *where) for name, where in zip(nodules, by.tolist(), strict=True)}) == len(set(nodules))
    assert displaced.hounsfield[displaced.mask].mean() == pytest.approx(centred.hounsfield[centred.mask].mean(), abs=1)


def test_the_mask_is_where_at_least_half_of_the_readers_agree(few):
    slices, _ = lidc_phantom.read(**RULE)
    first = few[0]
    masks = [annotations.agreement(first, z, 32, 1.0) >= 0.5 for z in first.consensus_positions()]
    np.testing.assert_array_equal(slices.mask[0], max(masks, key=np.sum))


def test_solid_nodules_are_brighter_than_what_surrounds_them(few):
    slices, _ = lidc_phantom.read(**RULE)
    assert slices.hounsfield[slices.mask].mean() > slices.hounsfield[~slices.mask].mean() + 400


def test_reading_twice_gives_the_same_bytes(few):
    one, two = (lidc_phantom.read(**RULE)[0] for _ in range(2))
    assert one.hounsfield.tobytes() == two.hounsfield.tobytes()
    assert one.id.tolist() == two.id.tolist()


def test_the_seed_changes_attenuation_and_nothing_else(few):
    one, two = (lidc_phantom.read(**RULE | {"seed": seed})[0] for seed in (0, 1))
    assert not np.array_equal(one.hounsfield, two.hounsfield)
    np.testing.assert_array_equal(one.mask, two.mask)
    np.testing.assert_array_equal(one.label, two.label)


def test_other_opinions_of_malignancy_change_labels_and_no_pixel(few, monkeypatch):
    before, _ = lidc_phantom.read(**RULE)
    turned = tuple(
        replace(nodule, annotations=tuple(replace(a, ratings=reversed_opinion(a.ratings)) for a in nodule.annotations))
        for nodule in few
    )
    monkeypatch.setattr(lidc_phantom, "read_nodules", lambda: turned)
    after, _ = lidc_phantom.read(**RULE)
    np.testing.assert_array_equal(after.label, 1 - before.label)
    np.testing.assert_array_equal(after.hounsfield, before.hounsfield)


def reversed_opinion(ratings):
    return replace(ratings, malignancy=6 - ratings.malignancy)


@pytest.mark.parametrize("statistic", ["median", "mean"])
def test_labels_follow_the_statistic(few, statistic):
    slices, card = lidc_phantom.read(**RULE | {"statistic": statistic, "slices_per_nodule": 1})
    average = {"median": np.median, "mean": np.mean}[statistic]
    opinion = {nodule.id: average(nodule.rated("malignancy")) for nodule in few if nodule.readers >= 3}
    assert card.counts["nodules_at_excluded_rating"] == sum(value == 3 for value in opinion.values())
    for name, label in zip(slices.id, slices.label, strict=True):
        assert label == (opinion[name.rpartition("-")[0]] > 3)


def test_a_threshold_between_ratings_excludes_nobody(few):
    _, card = lidc_phantom.read(**RULE | {"exclude_rating": 3.3, "slices_per_nodule": 1})
    assert card.counts["nodules_at_excluded_rating"] == 0


def test_the_slices_with_the_largest_outlines_are_taken_largest_first(few):
    for nodule in few:
        found = [section.mask.sum() for section in lidc_phantom.sections(nodule, 0, 3, 32, 1.0)]
        areas = [(annotations.agreement(nodule, z, 32, 1.0) >= 0.5).sum() for z in nodule.consensus_positions()]
        assert found == sorted(areas, reverse=True)[:3]


@pytest.mark.parametrize("number", [1, 2, 3, 9])
def test_no_position_is_taken_twice(few, number):
    for nodule in few:
        taken = [section.z_mm for section in lidc_phantom.sections(nodule, 0, number, 32, 1.0)]
        assert len(set(taken)) == len(taken) == min(number, len(nodule.consensus_positions()))


def test_an_unknown_statistic_is_named_with_the_known_ones():
    with pytest.raises(DataError, match=r"but got meen\. Did you mean mean\? Known: mean, median\."):
        lidc_phantom.read(**RULE | {"statistic": "meen"})


@pytest.mark.parametrize("name", ["min_readers", "slices_per_nodule", "size"])
def test_counts_below_one_are_refused(name):
    with pytest.raises(DataError, match=rf"Expected {name} of at least 1, but got 0"):
        lidc_phantom.read(**RULE | {name: 0})


def test_more_readers_than_lidc_had_leave_nothing():
    with pytest.raises(DataError, match=r"drawn by at least 5 readers, but got none\. Lower min_readers"):
        lidc_phantom.read(**RULE | {"min_readers": 5})


def test_slices_of_one_nodule_have_its_name(few):
    slices, card = lidc_phantom.read(**RULE)
    assert slices.nodule.tolist() == [name.rpartition("-s")[0] for name in slices.id]
    assert card.nodules_known


def test_the_ratings_that_a_slice_is_drawn_from_nearly_give_its_label():
    used = [
        (nodule, int(rating > 3))
        for nodule in annotations.read_nodules()
        if nodule.readers >= 3 and (rating := np.median(nodule.rated("malignancy"))) != 3
    ]
    assert lidc_phantom.ratings_auc(used) == pytest.approx(0.945, abs=0.005)
    swapped = np.random.default_rng(0).permutation([label for _, label in used]).tolist()
    assert lidc_phantom.ratings_auc([(nodule, label) for (nodule, _), label in zip(used, swapped, strict=True)]) < 0.6


def test_few_patients_have_no_cross_validation(few):
    _, card = lidc_phantom.read(**RULE)
    assert card.ratings_auc is None
