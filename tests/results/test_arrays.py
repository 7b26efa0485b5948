"""Arrays between stages: read as they were written, whatever subjects and changes are called; damage is one sentence."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.errors import StoreError
from camfolio.results.arrays.cue_answers import PLAIN, CueAnswers
from camfolio.results.arrays.maps import LayerMaps, SliceMaps
from camfolio.results.arrays.similarities import MapSimilarities, RandomisedExample
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.subject import Subject

SUBJECTS = (Subject("grad_cam"), Subject("our.edge_cam", "layer2.0/conv"), Subject("random", is_control=True))
CHANCE = np.random.default_rng(0)


def same(one, other):
    """Equal keys in the same order and equal arrays, at any depth."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    return list(one) == list(other) and all(same(one[key], other[key]) for key in one)


def test_scores_curves_and_chance_levels_are_read_by_score_and_subject(tmp_path):
    scores = {"energy_share": {subject: CHANCE.random(5) for subject in SUBJECTS}}
    scores["road_gap"] = {SUBJECTS[0]: np.array([np.nan, 0, 1, 2, 3])}
    curves = {"deletion_blur": {subject: CHANCE.random((5, 4)) for subject in SUBJECTS}}
    chosen = np.arange(9) < 5
    SliceScores(scores, {"energy_share": CHANCE.random(5)}, curves, chosen).write(tmp_path)
    found = SliceScores.read(tmp_path)
    assert same(found.scores, scores)
    assert same(found.curves, curves)
    assert same(found.of("road_gap", SUBJECTS[0]), scores["road_gap"][SUBJECTS[0]])
    assert found.has("energy_share", *SUBJECTS)
    assert not found.has("road_gap", *SUBJECTS)
    assert not found.has("absent", SUBJECTS[0])
    assert np.array_equal(found.chosen, chosen)
    assert list(found.chance) == ["energy_share"]


def test_scores_of_all_slices_are_not_a_sample(tmp_path):
    SliceScores({"energy_share": {SUBJECTS[0]: np.zeros(2)}}).write(tmp_path)
    assert SliceScores.read(tmp_path).chosen is None


def test_maps_of_layers_are_read_by_subject(tmp_path):
    signed = {subject.key: CHANCE.random((3, 2, 2)).astype(np.float32) for subject in SUBJECTS[:2]}
    LayerMaps(signed, np.array([0, 1, 1]), np.zeros((3, 2), np.float32)).write(tmp_path)
    found = LayerMaps.read(tmp_path)
    assert all(same(found.of(subject), signed[subject.key]) for subject in SUBJECTS[:2])
    assert found.targets.tolist() == [0, 1, 1]
    assert found.logits.shape == (3, 2)


def test_maps_of_slices_are_read_by_method_one_array_at_a_time(tmp_path):
    signed = {method: CHANCE.normal(size=(3, 4, 4)).astype(np.float32) for method in ("grad_cam", "our.edge_cam")}
    enlarged = {method: values.clip(0) for method, values in signed.items()}
    SliceMaps(enlarged, signed).write(tmp_path)
    found = SliceMaps.read(tmp_path)
    assert (len(found.enlarged), len(found.signed)) == (2, 2)
    assert same(dict(found.enlarged), enlarged)
    assert same(dict(found.signed), signed)


def test_similarities_are_read_by_change_method_and_measure(tmp_path):
    changes = {
        change: {method: {"rank_signed": CHANCE.random(3)} for method in ("grad_cam", "our.edge_cam")}
        for change in ("noise", "part/of/a/network")
    }
    MapSimilarities(changes, np.ones(3, dtype=bool)).write(tmp_path)
    found = MapSimilarities.read(tmp_path)
    assert same(found.changes, changes)
    assert found.chosen.all()


def test_the_example_of_weight_randomisation_has_its_slice_and_its_maps(tmp_path):
    signed = {"grad_cam": CHANCE.normal(size=(3, 4, 4)).astype(np.float32)}
    hounsfield = np.full((4, 4), -850, np.float32)
    RandomisedExample(hounsfield, signed).write(tmp_path)
    found = RandomisedExample.read(tmp_path)
    assert same(found.signed, signed)
    assert same(found.hounsfield, hounsfield)


def test_answers_are_read_by_what_is_shown(tmp_path):
    shown = (PLAIN, "tag")
    logits = {name: CHANCE.normal(size=(3, 2)).astype(np.float32) for name in shown}
    energy = {name: {"tag": {"our.edge_cam": CHANCE.random(3)}} for name in shown}
    maps = {name: {"our.edge_cam": CHANCE.random((4, 4)).astype(np.float32)} for name in shown}
    CueAnswers(logits, energy, 2, maps).write(tmp_path)
    found = CueAnswers.read(tmp_path)
    assert (same(found.logits, logits), same(found.energy, energy), same(found.maps, maps)) == (True, True, True)
    assert found.example == 2


@pytest.mark.parametrize(
    ("content", "actual"), [(None, "nothing"), (b"", "another file"), (b"PK\x03\x04 truncated", "another file")]
)
def test_a_damaged_or_missing_file_is_one_sentence_with_a_remedy(tmp_path, content, actual):
    if content is not None:
        (tmp_path / "scores.npz").write_bytes(content)
    with pytest.raises(StoreError, match=rf"Expected the arrays .*scores\.npz, but got {actual}\. Delete their folder"):
        SliceScores.read(tmp_path)
