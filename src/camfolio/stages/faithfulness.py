"""Stage `faithfulness`: the network's probabilities with pixels replaced, in the order of every map."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.controls import controls
from camfolio.evidence.faithfulness import subject_scores
from camfolio.evidence.perturbation import Perturbation, Queries, parenchyma_hu, replacements, with_probabilities
from camfolio.evidence.subject import Subject, at_layers
from camfolio.explanation.probabilities import NetworkProbabilities
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.files import write_json
from camfolio.stages.inputs.parts import part_slices
from camfolio.stages.inputs.subjects import Maps, control_maps, method_maps
from camfolio.statistics.chance import sample_by_patient
from camfolio.study.evidence import Evidence, Faithfulness
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
    """Write `scores.npz` and `faithfulness.json`.

    `scores.npz`: `chosen`, bool (n,), the test slices in the sample; `SCORE/SUBJECT`, float64 (m,) of the chosen
    ones, NaN where not defined (subjects as in stage `localisation`; layers out of focus without ROAD);
    `curve/CURVE/SUBJECT`, (m, steps), of the CURVEs deletion_parenchyma, insertion_parenchyma, deletion_blur,
    insertion_blur, road_morf, road_lerf.

    `faithfulness.json`: `slices` chosen, `passes` (forward passes of one slice), `parenchyma_hu` (null if the training
    part has no such pixels), `steps` with 0 and 1, `road_steps`, `blur_mm`, `road_noise_hu`.
    """
    settings = evidence.faithfulness
    probabilities = NetworkProbabilities(load_trained(network, training, device), network.window_hu)
    train, _ = part_slices(slices, split, "train")
    lung = parenchyma_hu(train.hounsfield, train.mask, settings.parenchyma_below_hu)
    test, _ = part_slices(slices, split, "test")
    chosen = sample_by_patient(test.patient, settings.slices, seed)
    data = test.select(chosen)
    with np.load(explanations / "maps.npz", allow_pickle=False) as stored:
        queries = Queries(data.hounsfield, data.id, stored["targets"][chosen], probabilities, seed)
    size = (data.mask.shape[1], data.mask.shape[2])
    subjects = at_layers(explanation.layers, explanation.methods)
    methods = ((subject, maps[chosen]) for subject, maps in method_maps(explanations, subjects, size))
    blind = control_maps(data, network.window_hu, evidence.centre_sigma_mm, seed)
    maps = tracked(chain(methods, blind), len(subjects) + len(controls()), "faithfulness")
    filled = replacements(data.hounsfield, data.spacing, lung, settings.blur_mm)
    baselines = {name: with_probabilities(queries, hounsfield) for name, hounsfield in filled.items()}
    perturbation = Perturbation(baselines, settings.steps, settings.road_steps, settings.road_noise_hu)
    scores = all_scores(queries, maps, perturbation)
    np.savez(out / "scores.npz", allow_pickle=False, chosen=chosen, **scores)
    write_json(out / "faithfulness.json", described(data, settings, lung, probabilities.classified))


def all_scores(
    queries: Queries, maps: Iterable[tuple[Subject, Maps]], perturbation: Perturbation
) -> dict[str, np.ndarray]:
    """`SCORE/SUBJECT` for every subject."""
    return {
        f"{score}/{subject.key}": values
        for subject, of_subject in maps
        for score, values in subject_scores(queries, of_subject, perturbation, in_focus=subject.in_focus).items()
    }


def described(data: Slices, settings: Faithfulness, lung: float, asked: int) -> dict[str, object]:
    """Sizes and settings, as plain JSON."""
    return {
        "slices": len(data),
        "patients": len(np.unique(data.patient)),
        "passes": asked,
        "parenchyma_hu": round(lung, 1) if np.isfinite(lung) else None,
        "blur_mm": settings.blur_mm,
        "steps": [0.0, *settings.steps, 1.0],
        "road_steps": list(settings.road_steps),
        "road_noise_hu": settings.road_noise_hu,
    }
