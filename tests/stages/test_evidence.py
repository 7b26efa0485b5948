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
from camfolio.results.by_class import ByClassResult
from camfolio.results.faithfulness import FaithfulnessResult
from camfolio.results.layer import LayerResult
from camfolio.results.localisation import LocalisationResult
from camfolio.results.masking import MaskingResult
from camfolio.results.memorised import MemorisedResult
from camfolio.results.randomisation import RandomisationResult
from camfolio.results.retrained import RetrainedResult
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.results.similarity import Similarity
from camfolio.results.stability import StabilityResult
from camfolio.results.subject import ORACLE, Subject, others
from camfolio.results.training import TrainingResult

CONTROLS = [f"control/{name}" for name in ("random", "edges", "intensity", "centre_pixel", "centre_blob")]
FOCUS = ["grad_cam", "score_cam"]
LAYERS = ["layer1/grad_cam", "layer1/score_cam"]
OTHERS = tuple(others(method).key for method in FOCUS)
RETRAINED = ("retrained", "training-", "permuted", "memorised")
SUMMARIES = {
    "localisation": "localisation.json",
    "faithfulness": "faithfulness.json",
    "by_class": "by_class.json",
    "scoreboard": "scoreboard.json",
    "masking": "masking.json",
    "randomisation": "randomisation.json",
    "memorised": "memorised.json",
    "retrained-seed-1": "retrained.json",
    "stability": "stability.json",
}


def test_every_method_layer_and_control_has_every_localisation_score(evidence):
    scores = SliceScores.read(evidence["localisation"].folder)
    count = len(SliceMaps.read(evidence["localisation"].folder).enlarged["grad_cam"])
    for key in (*FOCUS, *LAYERS, *CONTROLS, *OTHERS):
        for name in LOCALISATION:
            assert scores.of(name, Subject.of(key)).shape == (count,)


def test_how_far_maps_follow_the_nodule_is_measured_for_methods_in_focus_and_controls(evidence):
    result = LocalisationResult.read(evidence["localisation"].folder)
    assert set(result.following) == {*FOCUS, *CONTROLS, *OTHERS, ORACLE.key}
    blob = result.following["control/centre_blob"]
    for slope in (blob.maximum, blob.centre_of_mass):
        assert abs(slope.value) < 1e-9
    for found in result.following.values():
        assert found.maximum.value is None or found.maximum.low <= found.maximum.high


def test_every_subject_has_faithfulness_scores_and_other_layers_no_road(evidence):
    scores = SliceScores.read(evidence["faithfulness"].folder)
    chosen = int(scores.chosen.sum())
    for subject in map(Subject.of, (*FOCUS, *LAYERS, *CONTROLS)):
        for name in FAITHFULNESS:
            assert scores.has(name, subject) == (subject.in_focus or not name.startswith("road"))
        assert scores.curves["deletion_blur"][subject].shape == (chosen, 4)


def test_cells_are_placed_and_a_layer_before_its_norm_is_told_from_a_block(evidence):
    result = LayerResult.read(evidence["layer"].folder)
    focus, block = (result.layers[name] for name in ("layer2.0.conv2", "layer1"))
    assert (focus.first_px, focus.step_px, focus.shift_px) == ((0.0, 0.0), (2.0, 2.0), (0.5, 0.5))
    assert (block.step_px, block.shift_px) == ((1.0, 1.0), (0.0, 0.0))
    assert (focus.before_norm, block.before_norm) == (True, False)


def test_the_masked_value_is_varied_from_the_study_s_to_the_middle_of_the_window(evidence):
    result = MaskingResult.read(evidence["masking"].folder)
    assert result.masked_hu == -835.0
    assert [(value.hounsfield, value.received) for value in result.values] == [
        (-835.0, 0.1179),
        (-1000.0, 0.0),
        (-300.0, 0.5),
    ]
    study, *others_values = result.values
    assert study.difference is None
    for other in others_values:
        change = other.energy_share.value - study.energy_share.value
        assert other.difference.value == pytest.approx(change, abs=1e-4)


def test_the_frame_of_the_outermost_pixels_has_its_area_and_each_method_s_energy(evidence):
    result = LocalisationResult.read(evidence["localisation"].folder)
    maps = SliceMaps.read(evidence["localisation"].folder).enlarged["grad_cam"]
    inner = maps[:, 2:-2, 2:-2]
    assert result.frame_share == round(1 - inner[0].size / maps[0].size, 4)
    shares = 1 - inner.sum((1, 2)) / np.where(maps.any((1, 2)), maps.sum((1, 2)), np.nan)
    assert result.frame_energy["grad_cam"].value == pytest.approx(np.nanmean(shares), abs=1e-4)


def test_forward_passes_are_counted(evidence):
    result = FaithfulnessResult.read(evidence["faithfulness"].folder)
    steps, road = 2, 2
    scores = SliceScores.read(evidence["faithfulness"].folder)
    ordered = {key: int(np.isfinite(curves[:, 0]).sum()) for key, curves in scores.curves["deletion_blur"].items()}
    in_focus = sum(count for subject, count in ordered.items() if subject.in_focus)
    expected = result.slices * 2 * 2 + sum(ordered.values()) * 2 * 2 * steps + in_focus * 2 * road
    assert result.passes == expected


def test_the_scoreboard_compares_methods_controls_and_layers(evidence):
    board = ScoreboardResult.read(evidence["scoreboard"].folder)
    assert list(board.measures) == [*LOCALISATION, *FAITHFULNESS]
    assert list(board.scores["energy_share"]) == [*FOCUS, *CONTROLS, *OTHERS, *LAYERS, ORACLE.key]
    families = board.comparisons
    assert [len(family.pairs) for family in (families.methods, families.controls, families.layers)] == [1, 12, 2]
    assert len(families.methods.rows) == len(LOCALISATION) + len(FAITHFULNESS)
    assert len(families.layers.rows) == 2 * (len(LOCALISATION) + len(FAITHFULNESS) - 3)
    assert list(families.by_name) == ["methods", "uniform", "controls", "layers"]
    assert families.tests == sum(row.p is not None for family in families.by_name.values() for row in family.rows)
    assert {row.score for row in families.uniform.rows} == set(board.chance)
    assert ORACLE.key not in {row.second for family in families.by_name.values() for row in family.rows}
    assert board.named_control == dict(zip(FOCUS, OTHERS, strict=True))
    assert board.scores["energy_share"]["control/random"].value == pytest.approx(
        board.chance["energy_share"].value, rel=0.2
    )
    assert board.oracle["energy_share"] == board.scores["energy_share"][ORACLE.key]
    assert board.oracle["energy_share"].value > max(board.scores["energy_share"][method].value for method in FOCUS)
    assert all(board.chance[name] == board.scores[name]["control/random"] for name in FAITHFULNESS)
    assert [board.key("grad_cam", layer) for layer in board.layers] == ["grad_cam", "layer1/grad_cam"]
    before, after = (board.curves["deletion_parenchyma"]["grad_cam"][i].value for i in (0, -1))
    assert before == pytest.approx(board.curves["insertion_parenchyma"]["grad_cam"][-1].value)
    assert after == pytest.approx(board.curves["insertion_parenchyma"]["grad_cam"][0].value)


def test_the_slices_of_both_classes_are_those_that_were_scored(evidence):
    board = ScoreboardResult.read(evidence["scoreboard"].folder)
    explained = ByClassResult.read(evidence["by_class"].folder).explained
    assert sum(part.slices for part in explained) == board.slices.faithfulness
    for name in FAITHFULNESS:
        assert list(explained[0].scores[name]) == [*FOCUS, *CONTROLS]
        for subject in FOCUS:
            means = [part.scores[name][subject] for part in explained]
            undefined = sum(mean.slices_undefined for mean in means if mean.value is not None)
            assert undefined <= board.scores[name][subject].slices_undefined


def test_every_comparison_is_a_row_of_the_table(evidence):
    families = ScoreboardResult.read(evidence["scoreboard"].folder).comparisons
    with (evidence["scoreboard"] / "comparisons.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:5] == ["family", "score", "first", "second", "value"]
    assert len(rows) == sum(len(family.rows) for family in families.by_name.values())
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
    assert result.networks == 2
    assert result.parts == ("fc", "layer4", "layer3", "layer2", "layer1", "bn1", "conv1")
    assert set(Similarity.model_fields) == set(SIMILARITY)
    stored = MapSimilarities.read(evidence["randomisation"].folder).changes
    for method in FOCUS:
        assert len(result.similarity[method]) == 7
        assert result.all_random[method] == result.similarity[method][-1]
        assert result.all_random[method].rank_signed.value == pytest.approx(
            stored["conv1"][method]["rank_signed"].mean()
        )
        first, second = (each.value for each in result.all_random[method].rank_signed.by_network)
        assert first != second
        assert result.all_random[method].rank_signed.value == pytest.approx((first + second) / 2)


def test_the_size_of_a_rank_correlation_is_measured_slice_by_slice(evidence):
    result, stored = (read.read(evidence["stability"].folder) for read in (StabilityResult, MapSimilarities))
    for change in ("noise", "shift", "seed", "other_slice"):
        for method in FOCUS:
            size, signed = (
                getattr(result.similarity[change][method], name) for name in ("rank_magnitude", "rank_signed")
            )
            assert size.value >= abs(signed.value)
    values = stored.changes["seed"]["grad_cam"]
    np.testing.assert_allclose(values["rank_magnitude"], np.abs(values["rank_signed"]))  # one training


def test_networks_are_trained_on_permuted_labels_and_with_other_seeds(evidence):
    study, first, second = (
        Slices.load(evidence[name] / "slices.npz") for name in ("slices", "permuted-1", "permuted-2")
    )
    assert (study.label != first.label).any()
    assert (first.label != second.label).any()
    np.testing.assert_array_equal(study.hounsfield, first.hounsfield)
    trained = {
        evidence[name].manifest.outputs["network.safetensors"] for name in evidence if name.startswith("training")
    }
    assert len(trained) == 4
    result = RetrainedResult.read(evidence["retrained-seed-1"].folder)
    share = result.scores["energy_share"]["grad_cam"]
    assert share.difference.value == pytest.approx(share.retrained.value - share.study.value)


def test_networks_that_memorise_permuted_labels_are_compared(evidence):
    result = MemorisedResult.read(evidence["memorised"].folder)
    assert result.memorising == len(result.networks) == 2
    for number, network in enumerate(result.networks, 1):
        training = TrainingResult.read(evidence[f"training-permuted-{number}"].folder)
        assert network.accuracy == training.kept.validation.accuracy > 0.95
        assert network.epochs == training.epochs < 60
    share = result.scores["energy_share"]["grad_cam"]
    assert [each.value for each in share.memorised.by_network] == [
        pytest.approx(each.value + share.study.value) for each in share.difference.by_network
    ]
    assert set(result.similarity) == set(FOCUS)


def test_networks_that_do_not_memorise_permuted_labels_are_not_compared(compute_stages, tiny_slices):
    settings = {"slices": 6, "seeds": 0, "permuted_labels": 1, "permuted_epochs": 1, "permuted_slices": 12}
    result = compute_stages(tiny_slices(60, 16, 3), only=["memorised"], evidence=settings)
    found = MemorisedResult.read(result["memorised"].folder)
    assert (found.memorising, found.similarity, found.scores) == (0, {}, {})
    assert found.networks[0].accuracy <= 0.95
    assert found.training_slices == 12 < found.available


def test_the_trainings_are_beside_the_study_s_network(evidence):
    stability, retrained = (
        model.read(evidence[name].folder)
        for model, name in ((StabilityResult, "stability"), (RetrainedResult, "retrained-seed-1"))
    )
    assert stability.trainings.auc == (retrained.auc,)
    score = retrained.scores["energy_share"]["grad_cam"]
    assert stability.trainings.energy_share["grad_cam"] == (score.study, score.retrained)
    assert stability.similarity["seed"]["grad_cam"].rank_signed.low is None  # one training says nothing of others


def test_maps_change_less_under_noise_than_under_retraining(evidence):
    result = StabilityResult.read(evidence["stability"].folder).similarity
    assert set(result) == {"noise", "shift", "seed", "other_slice"}
    for method in FOCUS:
        noise, seed = (result[kind][method].rank_signed.value for kind in ("noise", "seed"))
        assert noise > max(seed, 0.9)
        assert noise > result["other_slice"][method].rank_signed.value


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
    blob = board.scores["energy_share"]["control/centre_blob"]
    assert blob.slices_undefined == pytest.approx(2 * board.slices.localisation / 3, abs=2)
    edges = board.scores["deletion_blur"]["control/edges"]
    assert edges.slices_undefined == pytest.approx(board.slices.faithfulness / 3, abs=2)
    assert RetrainedResult.read(degenerate_results["retrained-seed-1"].folder).auc is None


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
    assert set(StabilityResult.read(result["stability"].folder).similarity) == {"noise", "shift", "other_slice"}


def test_further_trainings_can_be_switched_off(compute_stages, stage_names, tiny_slices):
    settings = {"slices": 6, "seeds": 0, "permuted_labels": 0, "faithfulness": {"slices": 6, "steps": [0.2]}}
    assert any(name.startswith(RETRAINED) for name in stage_names())
    assert not [name for name in stage_names(evidence=settings) if name.startswith(RETRAINED)]
    result = compute_stages(tiny_slices(60, 16, 3), only=["stability"], evidence=settings)
    assert StabilityResult.read(result["stability"].folder).seeds == 0
