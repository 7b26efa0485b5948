"""Stages that run a user network: results do not depend on whether it has one logit or two."""

from __future__ import annotations

import shutil
from functools import cache

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from camfolio.data.slices import Slices
from camfolio.network.architecture import through_window
from camfolio.network.trained import Device
from camfolio.results.arrays.cue_outputs import PLAIN, CueOutputs
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.arrays.similarities import RandomisedExample
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.layer import LayerResult
from camfolio.results.randomisation import RandomisationResult
from camfolio.results.retrained import RetrainedResult
from camfolio.results.shortcut import ShortcutResult
from camfolio.results.subject import Subject
from camfolio.stages import explanations
from camfolio.study.settings import ExplanationSettings, Network
from user_networks import OneLogit

SUMMARIES = {
    "localisation": "localisation.json",
    "faithfulness": "faithfulness.json",
    "scoreboard": "scoreboard.json",
    "randomisation": "randomisation.json",
    "memorised": "memorised.json",
    "retrained-seed-1": "retrained.json",
    "stability": "stability.json",
}
WINDOW = (-1200.0, 300.0)


def sections(name):
    return {
        "network": {"class_path": f"user_networks.{name}", "init_args": {"width": 5}, "window_hu": WINDOW},
        "explanation": {"layers": ["features.4"], "methods": ["grad_cam", "score_cam"]},
    }


@pytest.fixture(scope="module")
def results(compute_stages, tiny_slices):
    """`results(name)`: stage name -> result of a study with the network of this name."""
    slices = tiny_slices(60, 16, 3)
    return cache(lambda name: compute_stages(slices, only=list(SUMMARIES), **sections(name)))


def probabilities(artefacts, training="training"):
    """Probabilities of the second class of all test slices, as sigmoid of the network's single logit; and labels."""
    network = OneLogit(5).eval()
    network.load_state_dict(load_file(artefacts[training] / "network.safetensors"))
    part = np.load(artefacts["split"] / "part.npy")
    test = Slices.load(artefacts["slices"] / "slices.npz").select(part == "test")
    with torch.inference_mode():
        logit = network(through_window(torch.from_numpy(test.hounsfield), WINDOW))
    return logit.sigmoid().squeeze(1).numpy(), test.label


@pytest.mark.parametrize("name", SUMMARIES)
@pytest.mark.slow
@pytest.mark.parametrize("network", ["FlatLogit", "TwoLogits"])
def test_evidence_does_not_depend_on_the_number_of_logits(results, name, network):
    texts = [(results(each)[name] / SUMMARIES[name]).read_text(encoding="utf-8") for each in ("OneLogit", network)]
    assert texts[0] == texts[1]


def test_curves_start_at_the_probability_of_the_explained_class(results):
    probability, _ = probabilities(results("OneLogit"))
    scores = SliceScores.read(results("OneLogit")["faithfulness"].folder)
    targets = LayerMaps.read(results("OneLogit")["explanations"].folder).targets
    expected = np.where(targets == 1, probability, 1 - probability)[scores.chosen]
    curve = scores.curves["deletion_blur"][Subject("random", is_control=True)]
    assert curve[:, 0] == pytest.approx(expected, abs=1e-5)
    assert (targets == (probability > 0.5)).all()


def test_the_auc_of_a_retrained_network_is_that_of_its_probabilities(results):
    probability, label = probabilities(results("OneLogit"), "training-seed-1")
    auc = RetrainedResult.read(results("OneLogit")["retrained-seed-1"].folder).auc
    margins = probability[label == 1][:, None] - probability[label == 0]
    assert auc == pytest.approx(((margins > 0) + 0.5 * (margins == 0)).mean())


def test_the_parts_of_a_user_network_are_randomised(results):
    folder = results("OneLogit")["randomisation"].folder
    assert RandomisationResult.read(folder).parts == ("head", "features")
    before, *after = RandomisedExample.read(folder).signed["grad_cam"]
    assert all((maps != before).any() for maps in after)


def test_maps_by_onnx_runtime_and_torch_are_equal(compute_stages, tiny_slices, tmp_path):
    artefacts = compute_stages(tiny_slices(60, 16, 3), only=["localisation"], exported=True, **sections("OneLogit"))
    assert (artefacts["training"] / "network.onnx").exists()
    shutil.copy(artefacts["training"] / "network.safetensors", tmp_path)
    (tmp_path / "out").mkdir()
    explanations.run(
        out=tmp_path / "out",
        slices=artefacts["slices"].folder,
        split=artefacts["split"].folder,
        training=tmp_path,
        network=Network(**sections("OneLogit")["network"]),
        explanation=ExplanationSettings(**sections("OneLogit")["explanation"]),
        device=Device(threads=1, accelerator="cpu"),
    )
    onnx, pytorch = (LayerMaps.read(folder) for folder in (artefacts["explanations"].folder, tmp_path / "out"))
    assert onnx.of(Subject("score_cam")) == pytest.approx(pytorch.of(Subject("score_cam")), abs=1e-4)
    assert (onnx.of(Subject("grad_cam")) == pytorch.of(Subject("grad_cam"))).all()


def test_a_planted_shortcut_is_evaluated_with_a_user_network(compute_stages, tiny_slices):
    shortcut = {"cues": ["tag"], "seeds": 1}
    artefacts = compute_stages(tiny_slices(60, 16, 3), shortcut=shortcut, **sections("OneLogit"))
    outputs = CueOutputs.read(artefacts["shortcut_outputs-tag-0"].folder)
    probability, _ = probabilities(artefacts, "training-tag-0")
    assert torch.from_numpy(outputs.logits[PLAIN]).softmax(1)[:, 1].numpy() == pytest.approx(probability, abs=1e-5)
    assert list(ShortcutResult.read(artefacts["shortcut"].folder).cues) == ["tag"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layer", "layout"),
    [
        ("TinyVit", "blocks.0", {"reshape": "tokens", "class_tokens": 1}),
        ("TinySwin", "blocks.0", {"reshape": "channels_last"}),
    ],
)
def test_transformers_are_studied_with_a_layout(name, layer, layout, compute_stages, tiny_slices):
    explanation = {"layers": [layer], "methods": ["grad_cam", "ablation_cam"]} | layout
    network = {"class_path": f"user_networks.{name}"}
    artefacts = compute_stages(
        tiny_slices(60, 16, 3), only=["layer", "faithfulness", "stability"], network=network, explanation=explanation
    )
    assert LayerResult.read(artefacts["layer"].folder).layers[layer].before_norm is False
    assert LayerMaps.read(artefacts["explanations"].folder).of(Subject("grad_cam")).shape[1:] == (4, 4)
