"""Arrays of results: written and read by their classes, and errors for damaged files."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.errors import StoreError
from camfolio.results.arrays.cue_outputs import PLAIN, CueOutputs
from camfolio.results.arrays.maps import LayerMaps, SliceMaps
from camfolio.results.arrays.similarities import MapSimilarities, RandomisedExample
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.subject import Subject

SUBJECTS = (Subject("grad_cam"), Subject("mine.edge_cam", "layer2.0/conv"), Subject("random", is_control=True))
GENERATOR = np.random.default_rng(0)


def same(first, second):
    """Equal keys in the same order and equal arrays, at any depth."""
    if isinstance(first, np.ndarray):
        return first.dtype == second.dtype and np.array_equal(first, second, equal_nan=True)
    return list(first) == list(second) and all(same(first[key], second[key]) for key in first)


def test_scores_curves_and_chance_levels_are_read_by_score_and_subject(tmp_path):
    scores = {"energy_share": {subject: GENERATOR.random(5) for subject in SUBJECTS}}
    scores["road_gap"] = {SUBJECTS[0]: np.array([np.nan, 0, 1, 2, 3])}
    curves = {"deletion_blur": {subject: GENERATOR.random((5, 4)) for subject in SUBJECTS}}
    chosen = np.arange(9) < 5
    SliceScores(scores, {"energy_share": GENERATOR.random(5)}, curves, chosen).write(tmp_path)
    result = SliceScores.read(tmp_path)
    assert same(result.scores, scores)
    assert same(result.curves, curves)
    assert same(result.of("road_gap", SUBJECTS[0]), scores["road_gap"][SUBJECTS[0]])
    assert result.has("energy_share", *SUBJECTS)
    assert not result.has("road_gap", *SUBJECTS)
    assert not result.has("absent", SUBJECTS[0])
    assert np.array_equal(result.chosen, chosen)
    assert list(result.chance) == ["energy_share"]


def test_scores_of_all_slices_have_no_mask_of_chosen_slices(tmp_path):
    SliceScores({"energy_share": {SUBJECTS[0]: np.zeros(2)}}).write(tmp_path)
    assert SliceScores.read(tmp_path).chosen is None


def test_maps_of_layers_are_read_by_subject(tmp_path):
    signed = {subject.key: GENERATOR.random((3, 2, 2)).astype(np.float32) for subject in SUBJECTS[:2]}
    centres = {key: np.array([[0.1, 0.2], [0.3, 0.4]]) for key in signed}
    LayerMaps(signed, np.array([0, 1, 1]), np.zeros((3, 2), np.float32), centres).write(tmp_path)
    result = LayerMaps.read(tmp_path)
    assert all(same(result.of(subject), signed[subject.key]) for subject in SUBJECTS[:2])
    assert result.targets.tolist() == [0, 1, 1]
    assert result.logits.shape == (3, 2)
    assert same(dict(result.centres), centres)


def test_maps_of_slices_are_read_by_method(tmp_path):
    signed = {method: GENERATOR.normal(size=(3, 4, 4)).astype(np.float32) for method in ("grad_cam", "mine.edge_cam")}
    enlarged = {method: values.clip(0) for method, values in signed.items()}
    SliceMaps(enlarged, signed).write(tmp_path)
    result = SliceMaps.read(tmp_path)
    assert (len(result.enlarged), len(result.signed)) == (2, 2)
    assert same(dict(result.enlarged), enlarged)
    assert same(dict(result.signed), signed)


def test_similarities_are_read_by_change_method_and_measure(tmp_path):
    changes = {
        change: {method: {"rank_signed": GENERATOR.random(3)} for method in ("grad_cam", "mine.edge_cam")}
        for change in ("noise", "part/of/a/network")
    }
    MapSimilarities(changes, np.ones(3, dtype=bool)).write(tmp_path)
    result = MapSimilarities.read(tmp_path)
    assert same(result.changes, changes)
    assert result.chosen.all()


def test_the_example_of_weight_randomisation_has_a_slice_and_its_maps(tmp_path):
    signed = {"grad_cam": GENERATOR.normal(size=(3, 4, 4)).astype(np.float32)}
    hounsfield = np.full((4, 4), -850, np.float32)
    RandomisedExample(hounsfield, signed).write(tmp_path)
    result = RandomisedExample.read(tmp_path)
    assert same(result.signed, signed)
    assert same(result.hounsfield, hounsfield)


def test_logits_and_maps_are_read_by_cue(tmp_path):
    shown = (PLAIN, "tag")
    logits = {name: GENERATOR.normal(size=(3, 2)).astype(np.float32) for name in shown}
    energy = {name: {"tag": {"mine.edge_cam": GENERATOR.random(3)}} for name in shown}
    maps = {name: {"mine.edge_cam": GENERATOR.random((4, 4)).astype(np.float32)} for name in shown}
    CueOutputs(logits, energy, 2, maps).write(tmp_path)
    result = CueOutputs.read(tmp_path)
    assert (same(result.logits, logits), same(result.energy, energy), same(result.maps, maps)) == (True, True, True)
    assert result.example == 2


@pytest.mark.parametrize(
    ("content", "actual"), [(None, "nothing"), (b"", "another file"), (b"PK\x03\x04 truncated", "another file")]
)
def test_damaged_and_missing_files_raise_an_error_with_a_remedy(tmp_path, content, actual):
    if content is not None:
        (tmp_path / "scores.npz").write_bytes(content)
    with pytest.raises(StoreError, match=rf"Expected the arrays .*scores\.npz, but got {actual}\. Delete their folder"):
        SliceScores.read(tmp_path)
