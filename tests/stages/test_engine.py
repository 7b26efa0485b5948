import json

import numpy as np
import pytest
import torch

from camfolio.network.architecture import make_network
from camfolio.network.weights import save_network
from camfolio.stages import engine, explanations
from camfolio.study.settings import Explanation, Network

SETTINGS = Network(width=4, blocks=(1, 1, 1, 1))
LAYERS = ("layer2.0.conv2", "layer3.0.conv2")


@pytest.fixture
def folders(tmp_path, tiny_slices):
    """What the stages before leave: 24 slices, the last 6 of them in the test part, and weights."""
    slices = tiny_slices(24)
    slices.save(tmp_path / "slices.npz")
    np.save(tmp_path / "part.npy", np.array(["train"] * 18 + ["test"] * 6))
    torch.manual_seed(0)
    save_network(make_network(width=4, blocks=(1, 1, 1, 1)), tmp_path / "network.safetensors")
    return {"slices": tmp_path, "split": tmp_path, "training": tmp_path, "threads": 1, "accelerator": "cpu"}


def run(folders, out, wanted="onnxruntime", **explanation):
    out.mkdir()
    engine.run(
        out=out, network=SETTINGS, explanation=Explanation(layers=LAYERS, **explanation), wanted=wanted, **folders
    )
    return json.loads((out / "engine.json").read_text())


def test_little_work_is_not_worth_an_export(folders, tmp_path):
    found = run(folders, tmp_path / "engine", "auto")
    assert found == {
        "engine": "torch",
        "reason": "144 masked images are fewer than 50000",
        "masked_images": 6 * (8 + 16),
    }
    assert engine.exported(tmp_path / "engine") is None
    assert engine.exported(None) is None


def test_methods_that_mask_count_for_each_channel_of_each_layer(folders, tmp_path):
    found = run(folders, tmp_path / "engine", "auto", methods=("score_cam", "grad_cam", "ours.edge_cam"))
    assert found["masked_images"] == 2 * 6 * (8 + 16)


def test_the_exported_network_makes_the_maps_of_torch(folders, tmp_path):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is an extra: install camfolio[onnx]")
    assert run(folders, tmp_path / "engine") == {"engine": "onnxruntime", "reason": "", "masked_images": 144}
    maps = {}
    for name, folder in (("torch", None), ("onnx", tmp_path / "engine")):
        (tmp_path / name).mkdir()
        settings = Explanation(layers=LAYERS)
        explanations.run(out=tmp_path / name, network=SETTINGS, explanation=settings, engine=folder, **folders)
        maps[name] = np.load(tmp_path / name / "maps.npz")
    for key in ("score_cam", "layer3.0.conv2/score_cam"):
        scale = np.abs(maps["torch"][key]).max()
        np.testing.assert_allclose(maps["onnx"][key], maps["torch"][key], rtol=0, atol=1e-5 * scale)


def test_a_network_that_cannot_be_exported_is_run_by_torch_and_the_log_says_why(folders, tmp_path, monkeypatch, caplog):
    def refuse(*_):
        msg = "Expected a network that can be exported, but got a secret one."
        raise engine.ExplanationError(msg)

    monkeypatch.setattr(engine, "export_network", refuse)
    with caplog.at_level("INFO", logger="camfolio"):
        found = run(folders, tmp_path / "engine")
    assert found["engine"] == "torch"
    assert "masked passes by torch: Expected a network that can be exported, but got a secret one." in caplog.text
    assert not (tmp_path / "engine" / "network.onnx").exists()
