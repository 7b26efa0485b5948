"""Stage `explanations`: maps of every test slice by every method."""

from __future__ import annotations

from pathlib import Path

import torch

from camfolio.explanation.explain import explain
from camfolio.network.architecture import through_window
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.subject import Subject
from camfolio.stages.inputs.parts import part_slices
from camfolio.study.settings import ExplanationSettings, Network


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    training: Path,
    network: Network,
    explanation: ExplanationSettings,
    device: Device,
) -> None:
    """Write `LayerMaps` of every test slice at all layers.

    Args:
        out: gets the file.
        slices: folder of that stage.
        split: folder of that stage.
        training: folder of that stage.
        network: section of the study.
        explanation: section of the study.
        device: what the network runs on.
    """
    trained = load_trained(network, training, device)
    data, _ = part_slices(slices, split, "test")
    result = explain(
        trained.model,
        through_window(torch.from_numpy(data.hounsfield), network.window_hu),
        explanation.layers,
        explanation.methods,
        torch.from_numpy(data.label) if explanation.target == "true" else None,
        comparison=explanation.comparison,
        forward=trained.forward,
        track=tracked,
    )
    maps = {Subject(method): signed for method, signed in result.signed.items()}
    for layer, methods in result.others.items():
        maps |= {Subject(method, layer): signed for method, signed in methods.items()}
    signed = {subject.key: values.numpy() for subject, values in maps.items()}
    LayerMaps(signed, result.targets.numpy(), result.logits.numpy()).write(out)
