"""Stage `shortcut_answers`: one network's answers and maps on every test slice, with and without the cues."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from camfolio.data.slices import Slices
from camfolio.evidence.shortcut import CUES, PLAIN, energy_in
from camfolio.explanation.explain import explain
from camfolio.explanation.maps import enlarge
from camfolio.network.architecture import through_window
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
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
    """Write `answers.npz`, everything per slice of the test part.

    `logits/SET` (n, 2), SET `plain` or a cue's name; `energy/SET/CUE/METHOD` (n,) the share of the map's energy in the
    place of CUE, NaN where the map is empty; `example` (), the number of a slice of the first class, drawn with the
    seed, and `map/SET/METHOD` (H, W), its raw maps enlarged to the slice. All maps explain the class predicted for what is shown.

    Args:
        out: gets the file.
        slices: folder of that stage, without cues.
        split: folder of that stage.
        training: folder of that stage, the network's.
        network: section of the study.
        explanation: section of the study.
        cues: to put in, each alone.
        seed: of the example.
        device: what the network runs on.
    """
    trained = load_trained(network, training, device)
    data, _ = part_slices(slices, split, "test")
    example = draw_example(data, seed)
    found: dict[str, np.ndarray] = {"example": np.array(example)}
    shown = {PLAIN: data.hounsfield} | {cue: CUES[cue].put(data.hounsfield) for cue in cues}
    for name, hounsfield in shown.items():
        result = explain(
            trained.model,
            through_window(torch.from_numpy(hounsfield), network.window_hu),
            explanation.layer,
            explanation.methods,
            comparison=explanation.comparison,
            forward=trained.forward,
            track=tracked,
        )
        found[f"logits/{name}"] = result.logits.numpy()
        for method, maps in result.maps.items():
            enlarged = enlarge(maps, (hounsfield.shape[1], hounsfield.shape[2])).numpy()
            found[f"map/{name}/{method}"] = enlarged[example]
            for cue in cues:
                place = CUES[cue].place((hounsfield.shape[1], hounsfield.shape[2]))
                found[f"energy/{name}/{cue}/{method}"] = energy_in(enlarged, place)
    np.savez(out / "answers.npz", allow_pickle=False, **found)


def draw_example(data: Slices, seed: int) -> int:
    """A slice of the first class, drawn with the seed; any slice if there is none."""
    candidates = np.flatnonzero(data.label == 0)
    return int(np.random.default_rng(seed).choice(candidates if len(candidates) else np.arange(len(data))))
