"""The files of a page on which networks with random weights run, of any width and size: what browser.py times beside the studies of a site."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from camfolio.data.slices import Slices
from camfolio.figures.drawing.looks import Looks
from camfolio.method_words import method_looks
from camfolio.network.architecture import build_network
from camfolio.network.trained import Device, member_file
from camfolio.raster import live
from camfolio.stages import browser
from camfolio.study.settings import Study

SLICES = 60
LAYERS = ["layer2.1.conv2", "layer2.1", "layer1.1.conv2"]


def random_study(width: int) -> Study:
    """A study with a residual network of this width; only its sections on network and explanation matter."""
    return Study.model_validate(
        {
            "title": f"Random networks of width {width}",
            "excerpt": "Random.",
            "data": {"source": "lidc-phantom"},
            "network": {"width": width},
            "explanation": {"layers": LAYERS},
        }
    )


def write_random_page(folder: Path, study: Study, members: int, size: int) -> None:
    """Write what the page of a study fetches, for networks with random weights and slices of noise."""
    with tempfile.TemporaryDirectory() as aside:
        inputs = {stage: Path(aside, stage) for stage in ("slices", "split", "training", "browser", "predictions")}
        for place in (folder, *inputs.values()):
            place.mkdir(parents=True)
        random_slices(size).save(inputs["slices"] / "slices.npz")
        np.save(inputs["split"] / "part.npy", np.array(["train", "validation", "test"])[np.arange(SLICES) % 3])
        np.save(inputs["predictions"] / "logits.npy", np.zeros((SLICES, 2), np.float32))
        for number in range(members):
            torch.manual_seed(number)
            save_file(build_network(study.network).state_dict(), inputs["training"] / member_file(number))
        data = {stage: inputs[stage] for stage in ("slices", "split")}
        browser.run(
            out=inputs["browser"],
            training=inputs["training"],
            network=study.network,
            explanation=study.explanation,
            device=Device(1, "cpu"),
            seed=0,
            **data,
        )
        window, explanation = study.network.window_hu, study.explanation
        live.run(
            out=folder,
            browser=inputs["browser"],
            predictions=inputs["predictions"],
            looks=Looks(method_looks(explanation.methods), ("benign", "malignant"), window),
            live=live.LiveSettings(study.title, explanation.explains, explanation.masked_hu, slice_values=True),
            **data,
        )
        (folder / live.FILE).rename(folder / "manifest.json")
        for stage in ("browser", "training"):
            shutil.copytree(inputs[stage], folder / "network", dirs_exist_ok=True)


def random_slices(size: int) -> Slices:
    """Slices of noise with a disc as the nodule, each of another patient."""
    chance, index = np.random.default_rng(0), np.arange(SLICES)
    rows, columns = np.indices((size, size))
    mask = np.hypot(rows - size / 2, columns - size / 2) < size / 6
    names = np.array([f"slice-{number:02}" for number in index])
    return Slices(
        hounsfield=chance.normal(-500, 300, (SLICES, size, size)).astype(np.float32),
        label=(index // 3 % 2).astype(np.int64),
        mask=np.broadcast_to(mask, (SLICES, size, size)).copy(),
        patient=names,
        nodule=names,
        spacing=np.ones((SLICES, 2), np.float32),
        id=names,
    )
