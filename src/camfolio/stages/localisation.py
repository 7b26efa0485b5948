"""Stage `localisation`: scores of every map against the nodule's mask, slice by slice and as means."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, combinations
from pathlib import Path

import numpy as np
import torch

from camfolio.data.slices import Slices
from camfolio.evidence.localisation import LOCALISATION, Truth, area_share
from camfolio.explanation.maps import enlarge
from camfolio.results.arrays.maps import LayerMaps, SliceMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.interval import Interval
from camfolio.results.localisation import LocalisationResult, MethodDifference
from camfolio.results.subject import Subject, at_layers
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
    """Write `SliceScores` and `SliceMaps` of all test slices, and `LocalisationResult`.

    Subjects are the methods at all layers and the controls. Stage `scoreboard` has the means of all scores and their comparisons.
    """
    data, _ = part_slices(slices, split, "test")
    size = (data.mask.shape[1], data.mask.shape[2])
    truth = Truth(data.mask, data.spacing, evidence.tolerance_mm)
    scores: dict[str, dict[Subject, np.ndarray]] = {name: {} for name in LOCALISATION}
    enlarged: dict[str, np.ndarray] = {}
    methods = method_maps(explanations, at_layers(explanation.layers, explanation.methods), size)
    for subject, maps in chain(methods, control_maps(data, network.window_hu, evidence.centre_sigma_mm, seed)):
        for name, score in LOCALISATION.items():
            scores[name][subject] = score(maps, truth)
        if subject.in_focus and not subject.is_control:
            enlarged[subject.name] = maps
    levels = {name: score.at_chance(truth) for name, score in LOCALISATION.items()}
    chance = {name: level for name, level in levels.items() if level is not None}
    SliceScores(scores, chance).write(out)
    stored = LayerMaps.read(explanations)
    signed = {name: enlarge(torch.from_numpy(stored.of(Subject(name))), size).numpy() for name in enlarged}
    SliceMaps(enlarged, signed).write(out)
    shares = {name: scores["energy_share"][Subject(name)] for name in explanation.methods}
    summary(data, shares, evaluation.resamples, seed).write(out)


def summary(data: Slices, shares: Mapping[str, np.ndarray], resamples: int, seed: int) -> LocalisationResult:
    """Means over slices with intervals over patients."""

    def mean(values: np.ndarray) -> Interval:
        estimate = interval(lambda index: defined_mean(values[index]), data.patient, resamples, seed)
        return estimate.model_copy(update={"slices_undefined": int(np.isnan(values).sum())})

    def difference(first: str, second: str) -> MethodDifference:
        return MethodDifference(first=first, second=second, **mean(shares[first] - shares[second]).model_dump())

    area = area_share(data.mask)
    return LocalisationResult(
        area_share=mean(area),
        energy_share={method: mean(share) for method, share in shares.items()},
        difference=tuple(difference(*pair) for pair in combinations(shares, 2)),
        above_area={method: mean(share - area) for method, share in shares.items()},
    )
