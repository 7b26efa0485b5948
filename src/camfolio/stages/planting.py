"""Stage `planting`: the study's slices with a cue in most training and validation slices of the second class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.shortcut import CUES, chosen_for_cue
from camfolio.results.files import write_json


def run(*, out: Path, slices: Path, split: Path, cue: str, share: float, seed: int) -> None:
    """Write `slices.npz`, in the order of the study's, and `planting.json` (how many have the cue, how much it changes).

    The test part stays as it is; what a network makes of the cue is asked of every test slice with and without it.
    """
    data = Slices.load(slices / "slices.npz")
    part = np.load(split / "part.npy", allow_pickle=False)
    chosen = chosen_for_cue(data.label, share, seed) & (part != "test")
    hounsfield = data.hounsfield.copy()
    hounsfield[chosen] = CUES[cue].put(data.hounsfield[chosen])
    replace(data, hounsfield=hounsfield).save(out / "slices.npz")
    size = (data.hounsfield.shape[1], data.hounsfield.shape[2])
    place = CUES[cue].place(size)
    change = np.abs(hounsfield[chosen] - data.hounsfield[chosen])[:, place]
    write_json(
        out / "planting.json",
        {
            "cue": cue,
            "words": CUES[cue].words,
            "pixels": int(place.sum()),
            "area_share": float(place.mean()),
            "mean_change_hu": float(change.mean()) if chosen.any() else None,
            "planted": {name: int((chosen & (part == name)).sum()) for name in ("train", "validation")},
            "of_class": {name: int(((data.label == 1) & (part == name)).sum()) for name in ("train", "validation")},
        },
    )
