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
RETRAINED = ("retrained", "training-", "permuted")
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


def test_every_subject_has_faithfulness_scores_and_other_layers_no_road(evidence):
    scores = SliceScores.read(evidence["faithfulness"].folder)
    chosen = int(scores.chosen.sum())
    for subject in map(Subject.of, (*FOCUS, *LAYERS, *CONTROLS)):
        for name in FAITHFULNESS:
            assert scores.has(name, subject) == (subject.in_focus or not name.startswith("road"))
        assert scores.curves["deletion_blur"][subject].shape == (chosen, 4)


def test_forward_passes_are_counted(evidence):
    result = FaithfulnessResult.read(evidence["faithfulness"].folder)
    steps, road = 2, 2
    expected = result.slices * (2 * 2 + 9 * (2 * 2 * steps + 1) + 7 * 2 * road)
    assert result.passes == expected


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
        line
        for line in rows
        if (line["family"], line["score"], line["first"], line["second"])
        == ("controls", row.score, row.first, row.second)
    )
    assert match["verdict"] == row.verdict
    assert float(match["value"]) == pytest.approx(row.value)


def test_weights_are_randomised_from_the_last_part_to_the_first(evidence):
    result = RandomisationResult.read(evidence["randomisation"].folder)
    assert result.parts == ("fc", "layer4", "layer3", "layer2", "layer1", "bn1", "conv1")
    assert set(Similarity.model_fields) == set(SIMILARITY)
    stored = MapSimilarities.read(evidence["randomisation"].folder).changes
    for method in FOCUS:
        assert len(result.similarity[method]) == 7
        assert result.all_random[method] == result.similarity[method][-1]
        assert result.all_random[method].rank_signed.value == pytest.approx(
            stored["conv1"][method]["rank_signed"].mean()
        )


def test_networks_are_retrained_on_permuted_labels_and_with_other_seeds(evidence):
    study, permuted = (Slices.load(evidence[name] / "slices.npz") for name in ("slices", "permuted"))
    assert (study.label != permuted.label).any()
    np.testing.assert_array_equal(study.hounsfield, permuted.hounsfield)
    trained = {
        evidence[name].manifest.outputs["network.safetensors"] for name in evidence if name.startswith("training")
    }
    assert len(trained) == 3
    result = RetrainedResult.read(evidence["retrained-permuted"].folder)
    share = result.scores["energy_share"]["grad_cam"]
    assert share.difference.value == pytest.approx(share.retrained.value - share.study.value)


def test_maps_change_less_under_noise_than_under_retraining(evidence):
    result = StabilityResult.read(evidence["stability"].folder).similarity
    assert set(result) == {"noise", "shift", "seed"}
    for method in FOCUS:
        noise, seed = (result[kind][method].rank_signed.value for kind in ("noise", "seed"))
        assert noise > max(seed, 0.9)


def test_similarity_across_seeds_is_that_of_the_retrained_network(evidence):
    stability, retrained = (
        MapSimilarities.read(evidence[name].folder).changes["seed"]["grad_cam"]["ssim_absolute"]
        for name in ("stability", "retrained-seed-1")
    )
    np.testing.assert_array_equal(stability, retrained)


def degenerate(slices: Slices) -> Slices:
    """A third each of empty masks, masks of the whole slice, and uniform slices; the only patient of the second class is in
    the training part.
    """
    mask, hounsfield = slices.mask.copy(), slices.hounsfield.copy()
    mask[0::3], mask[1::3] = False, True
    hounsfield[2::3] = -850.0
    label = (slices.patient == slices.patient[0]).astype(slices.label.dtype)
    return Slices(hounsfield, label, mask, slices.patient, slices.spacing, slices.id)


@pytest.fixture(scope="module")
def degenerate_results(compute_stages, tiny_slices):
    with warnings.catch_warnings():
        # torchmetrics warns while a network is trained on one class.
        warnings.filterwarnings("ignore", "No positive samples")
        return compute_stages(degenerate(tiny_slices(60, 16, 3)))


@pytest.mark.slow
@pytest.mark.parametrize("name", SUMMARIES)
def test_degenerate_slices_give_results_without_nan(degenerate_results, name):
    text = (degenerate_results[name] / SUMMARIES[name]).read_text(encoding="utf-8")
    assert "NaN" not in text
    assert "Infinity" not in text


@pytest.mark.slow
def test_degenerate_slices_are_counted(degenerate_results):
    board = ScoreboardResult.read(degenerate_results["scoreboard"].folder)
    assert board.centre_blob.slices_undefined == pytest.approx(2 * board.slices.localisation / 3, abs=2)
    edges = board.scores["deletion_blur"]["control/edges"]
    assert edges.slices_undefined == pytest.approx(board.slices.faithfulness / 3, abs=2)
    assert RetrainedResult.read(degenerate_results["retrained-permuted"].folder).auc is None


def test_without_masks_only_faithfulness_is_defined(compute_stages, tiny_slices):
    slices = tiny_slices(60, 16, 3)
    without_masks = Slices(
        slices.hounsfield, slices.label, np.zeros_like(slices.mask), slices.patient, slices.spacing, slices.id
    )
    rows = ScoreboardResult.read(
        compute_stages(without_masks, only=["scoreboard"])["scoreboard"].folder
    ).comparisons.methods.rows
    assert {row.verdict for row in rows if row.score in LOCALISATION} == {"not defined"}
    assert all(row.value is not None for row in rows if row.score.startswith("deletion"))


def test_a_loaded_network_is_not_retrained(compute_stages, stage_names, tiny_slices, evidence):
    weights = evidence["training"] / "network.safetensors"
    network = {"width": 4, "blocks": [1, 1, 1, 1], "checkpoint": weights}
    assert not [name for name in stage_names(network=network) if name.startswith(RETRAINED)]
    result = compute_stages(tiny_slices(60, 16, 3), only=["stability"], network=network)
    assert set(StabilityResult.read(result["stability"].folder).similarity) == {"noise", "shift"}


def test_further_trainings_can_be_switched_off(compute_stages, stage_names, tiny_slices):
    settings = {"slices": 6, "seeds": 0, "permuted_labels": False, "faithfulness": {"slices": 6, "steps": [0.2]}}
    assert any(name.startswith(RETRAINED) for name in stage_names())
    assert not [name for name in stage_names(evidence=settings) if name.startswith(RETRAINED)]
    result = compute_stages(tiny_slices(60, 16, 3), only=["stability"], evidence=settings)
    assert StabilityResult.read(result["stability"].folder).seeds == 0
