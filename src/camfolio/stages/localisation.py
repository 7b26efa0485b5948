"""Stage `localisation`: every map against the nodule's mask, slice by slice and as means over patients."""

from __future__ import annotations

from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np
import torch

from camfolio.config import Evaluation, Explanation
from camfolio.evidence.bootstrap import interval
from camfolio.evidence.localisation import area_share, energy_ratio, energy_share
from camfolio.explanation.maps import enlarge
from camfolio.stages.files import write_json
from camfolio.stages.reading import part_slices


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    explanations: Path,
    explanation: Explanation,
    evaluation: Evaluation,
    seed: int,
) -> None:
    """Write `scores.npz` (per method and score (n,), NaN where not defined; `enlarged/METHOD` (n, H, W) maps, and
    `signed/METHOD` the same before their ReLU) and `localisation.json` (means with intervals, and differences between
    methods, both over patients).
    """
    data, _ = part_slices(slices, split, "test")
    size = (data.mask.shape[1], data.mask.shape[2])
    scores: dict[str, np.ndarray] = {"area_share": area_share(data.mask)}
    with np.load(explanations / "maps.npz", allow_pickle=False) as signed:
        for method in explanation.methods:
            maps = enlarge(torch.from_numpy(signed[method]).relu(), size).numpy()
            scores[f"enlarged/{method}"] = maps
            scores[f"signed/{method}"] = enlarge(torch.from_numpy(signed[method]), size).numpy()
            scores[f"energy_share/{method}"] = energy_share(maps, data.mask)
            scores[f"energy_ratio/{method}"] = energy_ratio(maps, data.mask)
    np.savez(out / "scores.npz", allow_pickle=False, **scores)

    def mean(values: np.ndarray) -> dict[str, object]:
        found = interval(lambda index: defined_mean(values[index]), data.patient, evaluation.resamples, seed)
        return asdict(found) | {"slices_undefined": int(np.isnan(values).sum())}

    shares = {method: scores[f"energy_share/{method}"] for method in explanation.methods}
    pairs = list(combinations(explanation.methods, 2))
    summary = {
        "area_share": mean(scores["area_share"]),
        "energy_share": {method: mean(share) for method, share in shares.items()},
        "difference": [{"one": one, "other": other, **mean(shares[one] - shares[other])} for one, other in pairs],
        "above_area": {method: mean(share - scores["area_share"]) for method, share in shares.items()},
    }
    write_json(out / "localisation.json", summary)


def defined_mean(values: np.ndarray) -> float:
    """Mean of the defined values; NaN if there are none."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")
