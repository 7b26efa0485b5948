"""Stage `planting`: the study's slices with a cue in most training and validation slices of the second class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.shortcut import CUES, chosen_for_cue
from camfolio.results.planting import LearningCounts, PlantingResult


def run(*, out: Path, slices: Path, split: Path, cue: str, share: float, seed: int) -> None:
    """Write `slices.npz`, in the order of the study's, and `planting.json` (`PlantingResult`).

    The test part stays as it is; what a network makes of the cue is asked of every test slice with and without it.
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
        planted=counted(chosen, part),
        of_class=counted(data.label == 1, part),
    ).write(out)


def counted(chosen: np.ndarray, part: np.ndarray) -> LearningCounts:
    """How many of the chosen slices, bool (N,), are in the two parts that a network learns from."""
    train, validation = (int((chosen & (part == name)).sum()) for name in ("train", "validation"))
    return LearningCounts(train=train, validation=validation)
