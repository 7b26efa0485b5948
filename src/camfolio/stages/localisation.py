"""Stage `localisation`: every map against the nodule's mask, slice by slice and as means over patients."""

from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path

import numpy as np
import torch

from camfolio.data.slices import Slices
from camfolio.evidence.localisation import LOCALISATION, Truth, area_share
from camfolio.evidence.subject import at_layers
from camfolio.explanation.maps import enlarge
from camfolio.results.interval import Interval
from camfolio.results.localisation import LocalisationResult, MethodDifference
from camfolio.stages.inputs.parts import part_slices
from camfolio.stages.inputs.subjects import control_maps, method_maps
from camfolio.statistics.bootstrap import interval
from camfolio.statistics.defined import defined_mean
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings, Network


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    explanations: Path,
    network: Network,
    explanation: ExplanationSettings,
    evaluation: Evaluation,
    evidence: Evidence,
    seed: int,
) -> None:
    """Write `scores.npz` and `localisation.json` (`LocalisationResult`). All scores with their comparisons: stage `scoreboard`.

    `scores.npz`: `SCORE/SUBJECT`, float64 (n,), NaN where not defined, for every score of `evidence.localisation` and
    every subject (METHOD at the layer in focus, LAYER/METHOD at the others, control/NAME); `chance/SCORE`, that of a
    uniform map; `area_share`; `enlarged/METHOD`, (n, H, W) maps, and `signed/METHOD`, the same
    before their ReLU.
    """
    data, _ = part_slices(slices, split, "test")
    size = (data.mask.shape[1], data.mask.shape[2])
    truth = Truth(data.mask, data.spacing, evidence.tolerance_mm)
    scores = chance_scores(data, truth)
    methods = method_maps(explanations, at_layers(explanation.layers, explanation.methods), size)
    for subject, maps in chain(methods, control_maps(data, network.window_hu, evidence.centre_sigma_mm, seed)):
        scores |= {f"{score}/{subject.key}": measure(maps, truth) for score, measure in LOCALISATION.items()}
        scores |= {f"enlarged/{subject.key}": maps} if subject.key in explanation.methods else {}
    with np.load(explanations / "maps.npz", allow_pickle=False) as signed:
        for method in explanation.methods:
            scores[f"signed/{method}"] = enlarge(torch.from_numpy(signed[method]), size).numpy()
    np.savez(out / "scores.npz", allow_pickle=False, **scores)
    summary(data, scores, explanation, evaluation.resamples, seed).write(out)


def chance_scores(data: Slices, truth: Truth) -> dict[str, np.ndarray]:
    """The area's share, and every score's chance level slice by slice where there is one."""
    chance = {f"chance/{name}": score.at_chance(truth) for name, score in LOCALISATION.items()}
    return {"area_share": area_share(data.mask)} | {name: level for name, level in chance.items() if level is not None}


def summary(
    data: Slices, scores: dict[str, np.ndarray], explanation: ExplanationSettings, resamples: int, seed: int
) -> LocalisationResult:
    """Means over slices with intervals over patients."""

    def mean(values: np.ndarray) -> Interval:
        found = interval(lambda index: defined_mean(values[index]), data.patient, resamples, seed)
        return found.model_copy(update={"slices_undefined": int(np.isnan(values).sum())})

    def difference(first: str, second: str) -> MethodDifference:
        return MethodDifference(first=first, second=second, **mean(shares[first] - shares[second]).model_dump())

    shares = {method: scores[f"energy_share/{method}"] for method in explanation.methods}
    return LocalisationResult(
        area_share=mean(scores["area_share"]),
        energy_share={method: mean(share) for method, share in shares.items()},
        difference=tuple(difference(*pair) for pair in combinations(explanation.methods, 2)),
        above_area={method: mean(share - scores["area_share"]) for method, share in shares.items()},
    )
