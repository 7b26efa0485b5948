"""Stage `engine`: the network as ONNX for the masked passes, where that is worth the export."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from torch import Tensor, nn

from camfolio.errors import ExplanationError
from camfolio.explanation.onnx import export_network
from camfolio.explanation.probe import borrowed, read
from camfolio.network.architecture import device_for, find_layer, through_window
from camfolio.network.weights import trained_network
from camfolio.stages.inputs.parts import part_slices
from camfolio.stages.results import write_json
from camfolio.study.settings import Explanation, Network
from camfolio.vocabulary import MASKING

FILE = "network.onnx"
WORTH = 50_000
"""Masked images from which on the export, some seconds, pays."""
log = logging.getLogger("camfolio")


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    training: Path,
    network: Network,
    explanation: Explanation,
    threads: int,
    accelerator: str,
    wanted: str,
) -> None:
    """Write `engine.json` (which engine, why, how many masked images), and `network.onnx` where ONNX Runtime is to run.

    A network that cannot be exported is no mistake: torch runs it, and the log says so.
    """
    torch.set_num_threads(threads)
    model = trained_network(network, training / "network.safetensors")
    data, _ = part_slices(slices, split, "test")
    images = through_window(torch.from_numpy(data.hounsfield[:1]), network.window_hu)
    masking = {*MASKING, *explanation.own_methods} & set(explanation.methods)
    work = len(data) * len(masking) * channels(model, explanation.layers, images)
    reason = reason_for_torch(work, wanted, accelerator)
    if not reason:
        try:
            export_network(model, images, out / FILE)
        except ExplanationError as error:
            log.info("masked passes by torch: %s", error)
            reason = str(error)
    write_json(
        out / "engine.json", {"engine": "torch" if reason else "onnxruntime", "reason": reason, "masked_images": work}
    )


def exported(engine: Path | None) -> Path | None:
    """The network's ONNX file, if this stage wrote one."""
    return engine / FILE if engine and (engine / FILE).exists() else None


def reason_for_torch(work: int, wanted: str, accelerator: str) -> str:
    """Why torch runs the masked passes, or nothing."""
    if device_for(accelerator).type != "cpu":
        return "the network does not run on the processor"
    if wanted == "auto" and work < WORTH:
        return f"{work} masked images are fewer than {WORTH}"
    return ""


def channels(model: nn.Module, layers: tuple[str, ...], images: Tensor) -> int:
    """How many channels all layers have together."""
    with borrowed(model):
        (readings,) = read(model, {name: find_layer(model, name) for name in layers}, images, None, [None])
    return sum(reading.activations.shape[1] for reading in readings.values())
