"""Stage `shortcut_outputs`: one network's logits and maps of every test slice, with and without the cues."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.shortcut import CUES, energy_in
from camfolio.explanation.ensembles import averaged
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.arrays.cue_outputs import PLAIN, CueOutputs
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
    cues: tuple[str, ...],
    seed: int,
    device: Device,
) -> None:
    """Write `CueOutputs` of the test part. The example is a random slice of the first class.

    Args:
        out: gets the file.
        slices: folder of that stage, without cues.
        split: folder of that stage.
        training: folder of that stage.
        network: section of the study.
        explanation: section of the study.
        cues: added to slices, one at a time.
        seed: of the example.
        device: what the network runs on.
    """
    trained = load_trained(network, training, device)
    data, _ = part_slices(slices, split, "test")
    size = (data.hounsfield.shape[1], data.hounsfield.shape[2])
    example = draw_example(data, seed)
    logits: dict[str, np.ndarray] = {}
    energy: dict[str, dict[str, dict[str, np.ndarray]]] = {}
    maps: dict[str, dict[str, np.ndarray]] = {}
    shown = {PLAIN: data.hounsfield} | {cue: CUES[cue].put(data.hounsfield) for cue in cues}
    for name, hounsfield in shown.items():
        result = averaged(explain_members(trained, hounsfield, None, network, explanation, track=tracked))
        enlarged = {method: result.upsampled(method, size).numpy() for method in result.methods}
        logits[name] = result.logits.numpy()
        maps[name] = {method: values[example] for method, values in enlarged.items()}
        energy[name] = {
            cue: {method: energy_in(values, CUES[cue].region(size)) for method, values in enlarged.items()}
            for cue in cues
        }
    CueOutputs(logits, energy, example, maps).write(out)


def draw_example(data: Slices, seed: int) -> int:
    """A random slice of the first class; of any class if there is none."""
    candidates = np.flatnonzero(data.label == 0)
    return int(np.random.default_rng(seed).choice(candidates if len(candidates) else np.arange(len(data))))
