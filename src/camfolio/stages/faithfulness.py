"""Stage `faithfulness`: the network's probabilities as pixels are replaced in the order of every map."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np

from camfolio.evidence.controls import controls
from camfolio.evidence.faithfulness import RANDOM_ORDER, SMALLEST_FALL, subject_scores
from camfolio.evidence.perturbation import Perturbation, Queries, parenchyma_hu, replacements, with_probabilities
from camfolio.explanation.probabilities import NetworkProbabilities
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.faithfulness import FaithfulnessResult
from camfolio.results.subject import Subject, at_layers
from camfolio.shapes import Maps
from camfolio.stages.inputs.parts import part_slices
from camfolio.stages.inputs.subjects import control_maps, method_maps
from camfolio.statistics.random_generators import sample_by_patient
from camfolio.study.evidence import Evidence
from camfolio.study.settings import ExplanationSettings, Network


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    training: Path,
    explanations: Path,
    network: Network,
    explanation: ExplanationSettings,
    evidence: Evidence,
    seed: int,
    device: Device,
) -> None:
    """Write the `SliceScores` of a sample of the test slices, and `FaithfulnessResult`.

    Subjects are those of stage `localisation`; there are no ROAD scores at other layers than the one in focus.
    """
    settings = evidence.faithfulness
    probabilities = NetworkProbabilities(load_trained(network, training, device), network.window_hu)
    train, _ = part_slices(slices, split, "train")
    lung = parenchyma_hu(train.hounsfield, train.mask, settings.parenchyma_below_hu)
    test, _ = part_slices(slices, split, "test")
    chosen = sample_by_patient(test.patient, settings.slices, seed)
    data = test.select(chosen)
    targets = LayerMaps.read(explanations).targets[chosen]
    queries = Queries(data.hounsfield, data.id, targets, probabilities, seed)
    size = (data.mask.shape[1], data.mask.shape[2])
    subjects = at_layers(explanation.layers, explanation.methods)
    methods = ((subject, maps[chosen]) for subject, maps in method_maps(explanations, subjects, size))
    control = control_maps(data, network.window_hu, evidence.centre_sigma_mm, seed)
    maps = tracked(chain(methods, control), len(subjects) + len(controls()), "kinds of maps")
    filled = replacements(data.hounsfield, data.spacing, lung, settings.blur_mm)
    baselines = {name: with_probabilities(queries, hounsfield) for name, hounsfield in filled.items()}
    perturbation = Perturbation(baselines, settings.steps, settings.road_steps, settings.road_noise_hu)
    all_scores(queries, maps, perturbation, chosen).write(out)
    FaithfulnessResult(
        slices=len(data),
        patients=len(np.unique(data.patient)),
        passes=probabilities.classified,
        parenchyma_hu=round(lung, 1) if np.isfinite(lung) else None,
        blur_mm=settings.blur_mm,
        steps=(0.0, *settings.steps, 1.0),
        road_steps=settings.road_steps,
        road_noise_hu=settings.road_noise_hu,
        smallest_fall=SMALLEST_FALL,
    ).write(out)


def all_scores(
    queries: Queries, maps: Iterable[tuple[Subject, Maps]], perturbation: Perturbation, chosen: np.ndarray
) -> SliceScores:
    """The scores and curves of every subject; as chance those of pixels in random order."""
    scores: dict[str, dict[Subject, np.ndarray]] = {}
    curves: dict[str, dict[Subject, np.ndarray]] = {}
    for subject, subject_maps in maps:
        values = subject_scores(queries, subject_maps, perturbation, in_focus=subject.in_focus)
        for name, score in values.scores.items():
            scores.setdefault(name, {})[subject] = score
        for name, curve in values.curves.items():
            curves.setdefault(name, {})[subject] = curve
    chance = {name: of_subjects[RANDOM_ORDER] for name, of_subjects in scores.items()}
    return SliceScores(scores, chance, curves, chosen, queries.target)
