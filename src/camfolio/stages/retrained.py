"""Stage `retrained`: maps of a retrained network (other seed, permuted labels) against those of the study's network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from camfolio.data.slices import Slices
from camfolio.evidence.localisation import LOCALISATION, Truth
from camfolio.evidence.similarity import similarities
from camfolio.explanation.probabilities import NetworkProbabilities
from camfolio.network.cases import Cases, by_nodule
from camfolio.network.metrics import METRICS, Predictions
from camfolio.network.trained import Device, load_trained
from camfolio.results.arrays.similarities import MapSimilarities
from camfolio.results.retrained import PairedScore, RetrainedResult
from camfolio.results.training import TrainingResult
from camfolio.stages.inputs.parts import part_slices
from camfolio.stages.inputs.sample import Sample, SignedMaps, maps_of, read_sample, similarity_of
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
    """Write `MapSimilarities` under the change `seed`, and `RetrainedResult`; `training` is the folder of the retraining."""
    trained = load_trained(network, training, device)
    sample = read_sample(slices, split, explanations, methods=explanation.methods, limit=evidence.slices, seed=seed)
    signed = maps_of(trained, sample.data.hounsfield, sample.targets, network, explanation)
    similarity = {method: similarities(sample.signed[method], signed[method]) for method in explanation.methods}
    MapSimilarities({"seed": similarity}, sample.chosen).write(out)
    patients, summary = Patients(sample.data.patient, evaluation.resamples, seed), TrainingResult.read(training)
    RetrainedResult(
        slices=len(sample.data),
        patients=patients.count,
        kept_epoch=summary.kept_epoch,
        epochs=summary.epochs,
        auc=auc_of(NetworkProbabilities(trained, network.window_hu), part_slices(slices, split, "test")[0]),
        similarity={method: similarity_of(values, patients) for method, values in similarity.items()},
        scores=compared_scores(sample, signed, evidence.tolerance_mm, patients),
    ).write(out)


def auc_of(probabilities: NetworkProbabilities, test: Slices) -> float | None:
    """AUC over nodules of the malignant probability; None if all are of one class."""
    probability = probabilities(test.hounsfield)[:, 1].astype(np.float64)
    nodules = by_nodule(Cases(probability, test.label, test.patient, test.nodule, test.area_mm2))
    predictions = Predictions(torch.from_numpy(nodules.probability), torch.from_numpy(nodules.label), bins=1)
    return or_none(METRICS["auc"](predictions))


def compared_scores(
    sample: Sample, signed: SignedMaps, tolerance_mm: float, patients: Patients
) -> dict[str, dict[str, PairedScore]]:
    """Localisation score -> method -> both networks' means and the paired difference."""
    truth = Truth(sample.data.mask, sample.data.spacing, tolerance_mm)
    result: dict[str, dict[str, PairedScore]] = {}
    for name, score in LOCALISATION.items():
        result[name] = {}
        for method, maps in signed.items():
            before, after = (score(np.maximum(signed_maps, 0), truth) for signed_maps in (sample.signed[method], maps))
            result[name][method] = PairedScore(
                study=patients.interval(before),
                retrained=patients.interval(after),
                difference=patients.interval(after - before),
            )
    return result
