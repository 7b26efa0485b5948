import csv
import warnings

import numpy as np
import pytest

from camfolio.data.slices import Slices
from camfolio.evidence.faithfulness import FAITHFULNESS
from camfolio.evidence.localisation import LOCALISATION
from camfolio.evidence.similarity import SIMILARITY
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.arrays.similarities import MapSimilarities
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.faithfulness import FaithfulnessResult
from camfolio.results.randomisation import RandomisationResult
from camfolio.results.retrained import RetrainedResult
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.results.similarity import Similarity
from camfolio.results.stability import StabilityResult
from camfolio.results.subject import Subject

CONTROLS = [f"control/{name}" for name in ("random", "edges", "intensity", "centre_pixel", "centre_blob")]
FOCUS = ["grad_cam", "score_cam"]
LAYERS = ["layer1/grad_cam", "layer1/score_cam"]
SUMMARIES = {
    "localisation": "localisation.json",
    "faithfulness": "faithfulness.json",
    "scoreboard": "scoreboard.json",
    "randomisation": "randomisation.json",
    "retrained-permuted": "retrained.json",
    "retrained-seed-1": "retrained.json",
    "stability": "stability.json",
}


def test_every_method_layer_and_control_has_every_localisation_score(evidence):
    scores = SliceScores.read(evidence["localisation"].folder)
    count = len(SliceMaps.read(evidence["localisation"].folder).enlarged["grad_cam"])
    for key in (*FOCUS, *LAYERS, *CONTROLS):
        for name in LOCALISATION:
            assert scores.of(name, Subject.of(key)).shape == (count,)


def test_every_method_and_control_is_asked_about_and_layers_without_road(evidence):
    scores = SliceScores.read(evidence["faithfulness"].folder)
    chosen = int(scores.chosen.sum())
    for subject in map(Subject.of, (*FOCUS, *LAYERS, *CONTROLS)):
        for name in FAITHFULNESS:
            assert scores.has(name, subject) == (subject.in_focus or not name.startswith("road"))
        assert scores.curves["deletion_blur"][subject].shape == (chosen, 4)


def test_forward_passes_are_counted(evidence):
    about = FaithfulnessResult.read(evidence["faithfulness"].folder)
    steps, road = 2, 2
    expected = about.slices * (2 * 2 + 9 * (2 * 2 * steps + 1) + 7 * 2 * road)
    assert about.passes == expected


def test_the_scoreboard_compares_methods_controls_and_layers(evidence):
    board = ScoreboardResult.read(evidence["scoreboard"].folder)
    assert list(board.measures) == [*LOCALISATION, *FAITHFULNESS]
    assert list(board.scores["energy_share"]) == [*FOCUS, *CONTROLS, *LAYERS]
    families = board.comparisons
    assert [len(family.pairs) for family in (families.methods, families.controls, families.layers)] == [1, 10, 2]
    assert len(families.methods.rows) == len(LOCALISATION) + len(FAITHFULNESS)
    assert len(families.layers.rows) == 2 * (len(LOCALISATION) + len(FAITHFULNESS) - 3)
    assert families.tests == sum(row.p is not None for row in families.methods.rows) + sum(
        row.p is not None for row in (*families.controls.rows, *families.layers.rows)
    )
    assert board.scores["energy_share"]["control/random"].value == pytest.approx(
        board.chance["energy_share"].value, rel=0.2
    )
    assert board.centre_blob == board.scores["energy_share"]["control/centre_blob"]
    assert [board.key("grad_cam", layer) for layer in board.layers] == ["grad_cam", "layer1/grad_cam"]
    before, after = (board.curves["deletion_parenchyma"]["grad_cam"][i].value for i in (0, -1))
    assert before == pytest.approx(board.curves["insertion_parenchyma"]["grad_cam"][-1].value)
    assert after == pytest.approx(board.curves["insertion_parenchyma"]["grad_cam"][0].value)


def test_every_comparison_is_a_row_of_the_table(evidence):
    families = ScoreboardResult.read(evidence["scoreboard"].folder).comparisons
    with (evidence["scoreboard"] / "comparisons.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:5] == ["family", "score", "first", "second", "value"]
    assert len(rows) == sum(len(family.rows) for family in (families.methods, families.controls, families.layers))
    row = families.controls.rows[0]
    match = next(
        each
        for each in rows
        if (each["family"], each["score"], each["first"], each["second"])
        == ("controls", row.score, row.first, row.second)
    )
    assert match["verdict"] == row.verdict
    assert float(match["value"]) == pytest.approx(row.value)


def test_weights_are_randomised_from_the_last_part_to_the_first(evidence):
    found = RandomisationResult.read(evidence["randomisation"].folder)
    assert found.parts == ("fc", "layer4", "layer3", "layer2", "layer1", "bn1", "conv1")
    assert set(Similarity.model_fields) == set(SIMILARITY)
    stored = MapSimilarities.read(evidence["randomisation"].folder).changes
    for method in FOCUS:
        assert len(found.similarity[method]) == 7
        assert found.all_random[method] == found.similarity[method][-1]
        assert found.all_random[method].rank_signed.value == pytest.approx(
            stored["conv1"][method]["rank_signed"].mean()
        )


def test_the_other_trainings_learn_from_permuted_labels_and_with_other_seeds(evidence):
    own, permuted = (Slices.load(evidence[name] / "slices.npz") for name in ("slices", "permuted"))
    assert (own.label != permuted.label).any()
    np.testing.assert_array_equal(own.hounsfield, permuted.hounsfield)
    trained = {
        evidence[name].manifest.outputs["network.safetensors"] for name in evidence if name.startswith("training")
    }
    assert len(trained) == 3
    found = RetrainedResult.read(evidence["retrained-permuted"].folder)
    share = found.scores["energy_share"]["grad_cam"]
    assert share.difference.value == pytest.approx(share.retrained.value - share.study.value)


def test_small_changes_change_maps_less_than_another_training_does(evidence):
    found = StabilityResult.read(evidence["stability"].folder).similarity
    assert set(found) == {"noise", "shift", "seed"}
    for method in FOCUS:
        noise, seed = (found[kind][method].rank_signed.value for kind in ("noise", "seed"))
        assert noise > max(seed, 0.9)


def test_across_seeds_is_what_the_other_training_s_maps_say(evidence):
    both, other = (
        MapSimilarities.read(evidence[name].folder).changes["seed"]["grad_cam"]["ssim_absolute"]
        for name in ("stability", "retrained-seed-1")
    )
    np.testing.assert_array_equal(both, other)


def spoiled(slices: Slices) -> Slices:
    """No mask, a mask that fills the slice, and a slice of one value, each on a third; the only patient of the second
    class goes to the train part.
    """
    mask, hounsfield = slices.mask.copy(), slices.hounsfield.copy()
    mask[0::3], mask[1::3] = False, True
    hounsfield[2::3] = -850.0
    label = (slices.patient == slices.patient[0]).astype(slices.label.dtype)
    return Slices(hounsfield, label, mask, slices.patient, slices.spacing, slices.id)


@pytest.fixture(scope="module")
def bad(compute_stages, tiny_slices):
    with warnings.catch_warnings():
        # torchmetrics says so while a network is trained on one class.
        warnings.filterwarnings("ignore", "No positive samples")
        return compute_stages(spoiled(tiny_slices(60, 16, 3)))


@pytest.mark.parametrize("name", SUMMARIES)
def test_bad_slices_leave_no_nan_in_any_summary(bad, name):
    text = (bad[name] / SUMMARIES[name]).read_text(encoding="utf-8")
    assert "NaN" not in text
    assert "Infinity" not in text


def test_bad_slices_are_counted(bad):
    board = ScoreboardResult.read(bad["scoreboard"].folder)
    assert board.centre_blob.slices_undefined == pytest.approx(2 * board.slices.localisation / 3, abs=2)
    edges = board.scores["deletion_blur"]["control/edges"]
    assert edges.slices_undefined == pytest.approx(board.slices.faithfulness / 3, abs=2)
    assert RetrainedResult.read(bad["retrained-permuted"].folder).auc is None


def test_without_masks_verdicts_are_not_defined_and_faithfulness_still_is(compute_stages, tiny_slices):
    slices = tiny_slices(60, 16, 3)
    none = Slices(
        slices.hounsfield, slices.label, np.zeros_like(slices.mask), slices.patient, slices.spacing, slices.id
    )
    rows = ScoreboardResult.read(compute_stages(none)["scoreboard"].folder).comparisons.methods.rows
    assert {row.verdict for row in rows if row.score in LOCALISATION} == {"not defined"}
    assert all(row.value is not None for row in rows if row.score.startswith("deletion"))


def test_a_loaded_network_is_not_trained_again(compute_stages, tiny_slices, evidence):
    weights = evidence["training"] / "network.safetensors"
    network = {"width": 4, "blocks": [1, 1, 1, 1], "checkpoint": weights}
    found = compute_stages(tiny_slices(60, 16, 3), network=network)
    assert not [name for name in found if name.startswith(("retrained", "training-", "permuted"))]
    assert set(StabilityResult.read(found["stability"].folder).similarity) == {"noise", "shift"}


def test_further_trainings_can_be_switched_off(compute_stages, tiny_slices):
    asked = {"slices": 6, "seeds": 0, "permuted_labels": False, "faithfulness": {"slices": 6, "steps": [0.2]}}
    found = compute_stages(tiny_slices(60, 16, 3), evidence=asked)
    assert [name for name in found if name.startswith(("retrained", "training-", "permuted"))] == []
    assert StabilityResult.read(found["stability"].folder).seeds == 0
