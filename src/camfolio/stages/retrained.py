"""Stage `retrained`: maps of another training (other seed, permuted labels) on the same slices, against the study's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from camfolio.data.slices import Slices
from camfolio.evidence.localisation import LOCALISATION, Truth
from camfolio.evidence.similarity import SIMILARITY, similarities
from camfolio.explanation.probabilities import NetworkProbabilities
from camfolio.network.metrics import METRICS, Predictions
from camfolio.network.trained import Device, load_trained
from camfolio.results.files import write_json
from camfolio.stages.inputs.parts import part_slices
from camfolio.stages.inputs.sample import Sample, SignedMaps, interval_json, maps_of, read_sample
from camfolio.statistics.defined import or_none
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings, Network


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    training: Path,
    explanations: Path,
    network: Network,
    explanation: ExplanationSettings,
    evaluation: Evaluation,
    evidence: Evidence,
    seed: int,
    device: Device,
) -> None:
    """Write `similarity.npz` and `retrained.json`; `training` is the other training.

    `similarity.npz`: `MEASURE/METHOD`, float64 (m,), NaN where not defined; `chosen`, bool (n,), which test slices the
    m are.

    `retrained.json`: `slices`, `patients`, `auc` of the other network on the whole test part (null with one class),
    `measures` (name -> words), `similarity` (method -> measure -> value, low, high, undefined, slices_undefined),
    `scores` (localisation score -> method -> `study`, `retrained` and `difference`, retrained minus study, each the
    same).
    """
    trained = load_trained(network, training, device)
    sample = read_sample(slices, split, explanations, methods=explanation.methods, wanted=evidence.slices, seed=seed)
    signed = maps_of(trained, sample.data.hounsfield, sample.targets, network, explanation)
    found = {
        f"{measure}/{method}": values
        for method in explanation.methods
        for measure, values in similarities(sample.signed[method], signed[method]).items()
    }
    np.savez(out / "similarity.npz", allow_pickle=False, chosen=sample.chosen, **found)
    patients = Patients(sample.data.patient, evaluation.resamples, seed)
    summary = {
        "slices": len(sample.data),
        "patients": patients.count,
        "auc": auc_of(NetworkProbabilities(trained, network.window_hu), part_slices(slices, split, "test")[0]),
        "measures": SIMILARITY,
        "similarity": {
            method: {measure: interval_json(found[f"{measure}/{method}"], patients) for measure in SIMILARITY}
            for method in explanation.methods
        },
        "scores": compared_scores(sample, signed, evidence.tolerance_mm, patients),
    }
    write_json(out / "retrained.json", summary)


def auc_of(probabilities: NetworkProbabilities, test: Slices) -> float | None:
    """Of the malignant probability; None with one class."""
    probability = torch.from_numpy(probabilities(test.hounsfield)[:, 1])
    return or_none(METRICS["auc"](Predictions(probability, torch.from_numpy(test.label), bins=1)))


def compared_scores(
    sample: Sample, signed: SignedMaps, tolerance_mm: float, patients: Patients
) -> dict[str, dict[str, dict[str, object]]]:
    """Localisation score -> method -> both networks' means and the paired difference."""
    truth = Truth(sample.data.mask, sample.data.spacing, tolerance_mm)
    result: dict[str, dict[str, dict[str, object]]] = {}
    for name, score in LOCALISATION.items():
        result[name] = {}
        for method, maps in signed.items():
            before, after = (score(np.maximum(one, 0), truth) for one in (sample.signed[method], maps))
            numbers = {"study": before, "retrained": after, "difference": after - before}
            result[name][method] = {key: interval_json(values, patients) for key, values in numbers.items()}
    return result
