"""Stage `planting`: the study's slices with a cue in most training and validation slices of the second class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.shortcut import CUES, chosen_for_cue
from camfolio.results.planting import LearningCounts, PlantingResult


def run(*, out: Path, slices: Path, split: Path, cue: str, share: float, seed: int) -> None:
    """Write `slices.npz`, in the order of the study's slices, and `PlantingResult`.

    The test part is not changed: stage `shortcut_outputs` evaluates networks on every test slice with and without the cue.
    """
    data = Slices.load(slices / "slices.npz")
    part = np.load(split / "part.npy", allow_pickle=False)
    chosen = chosen_for_cue(data.label, share, seed) & (part != "test")
    hounsfield = data.hounsfield.copy()
    hounsfield[chosen] = CUES[cue].put(data.hounsfield[chosen])
    replace(data, hounsfield=hounsfield).save(out / "slices.npz")
    size = (data.hounsfield.shape[1], data.hounsfield.shape[2])
    region = CUES[cue].region(size)
    change = np.abs(hounsfield[chosen] - data.hounsfield[chosen])[:, region]
    PlantingResult(
        cue=cue,
        words=CUES[cue].words,
        pixels=int(region.sum()),
        area_share=float(region.mean()),
        mean_change_hu=float(change.mean()) if chosen.any() else None,
        planted=learning_counts(chosen, part),
        of_class=learning_counts(data.label == 1, part),
    ).write(out)


def learning_counts(chosen: np.ndarray, part: np.ndarray) -> LearningCounts:
    """Counts of the chosen slices, bool (N,), in the training and validation part."""
    train, validation = (int((chosen & (part == name)).sum()) for name in ("train", "validation"))
    return LearningCounts(train=train, validation=validation)
