"""Stage `explanations`: maps of every test slice by every method."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.explanation.ensembles import averaged, disagreement
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.subject import Subject
from camfolio.stages.inputs.explaining import explain_members
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
    """Write `LayerMaps` of every test slice at all layers; of an ensemble with the disagreement of its members.

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
    targets = data.label if explanation.target == "true" else None
    members = explain_members(
        trained, data.hounsfield, targets, network, explanation, layers=explanation.layers, track=tracked
    )
    result = averaged(members)
    maps = {Subject(method): signed for method, signed in result.signed.items()}
    for layer, methods in result.others.items():
        maps |= {Subject(method, layer): signed for method, signed in methods.items()}
    signed = {subject.key: values.numpy() for subject, values in maps.items()}
    places = {layer: np.array([found.first, found.step]) for layer, found in result.centres.items()}
    centres = {subject.key: places[subject.layer or result.layer] for subject in maps}
    differing = {method: values.numpy() for method, values in disagreement(members).items()}
    LayerMaps(signed, result.targets.numpy(), result.logits.numpy(), centres, differing).write(out)
