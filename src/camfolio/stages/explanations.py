"""Stage `explanations`: maps of every test slice by every method."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from camfolio.explanation.explain import explain
from camfolio.explanation.onnx import load_network
from camfolio.network.architecture import device_for, through_window
from camfolio.network.weights import trained_network
from camfolio.progress import tracked
from camfolio.stages.engine import exported
from camfolio.stages.inputs.parts import part_slices
from camfolio.study.settings import Explanation, Network


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
    engine: Path | None = None,
) -> None:
    """Write `maps.npz`: METHOD, the signed maps of the layer in focus, float32 (n, h, w); LAYER/METHOD, those of the
    other layers; `targets` and `logits` of the same slices.

    Args:
        out: gets the file.
        slices: folder of that stage.
        split: folder of that stage.
        training: folder of that stage.
        network: section of the study.
        explanation: section of the study.
        threads: of torch.
        accelerator: where the network runs.
        engine: folder of that stage, if ONNX Runtime may run the masked passes.
    """
    torch.set_num_threads(threads)
    model = trained_network(network, training / "network.safetensors").to(device_for(accelerator))
    data, _ = part_slices(slices, split, "test")
    network_file = exported(engine)
    result = explain(
        model,
        through_window(torch.from_numpy(data.hounsfield), network.window_hu),
        explanation.layers,
        explanation.methods,
        torch.from_numpy(data.label) if explanation.target == "true" else None,
        comparison=explanation.comparison,
        masked=load_network(network_file) if network_file else None,
        track=tracked,
    )
    maps = {method: signed.numpy() for method, signed in result.signed.items()}
    for layer, methods in result.others.items():
        maps |= {f"{layer}/{method}": signed.numpy() for method, signed in methods.items()}
    np.savez(out / "maps.npz", allow_pickle=False, **maps, targets=result.targets.numpy(), logits=result.logits.numpy())
