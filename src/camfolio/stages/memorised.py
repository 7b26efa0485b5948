"""Stage `memorised`: maps of networks that memorised permuted labels against those of the study's network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.localisation import LOCALISATION, Truth
from camfolio.evidence.randomisation import permuted_labels
from camfolio.evidence.similarity import similarities
from camfolio.explanation.probabilities import NetworkProbabilities
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.memorised import MemorisedResult, MemorisingNetwork, NetworksScore
from camfolio.results.similarity import NetworksSimilarity
from camfolio.results.training import TrainingResult
from camfolio.stages.inputs.parts import part_slices
from camfolio.stages.inputs.sample import Sample, SignedMaps, maps_of, networks_similarity, read_sample
from camfolio.stages.retrained import auc_of
from camfolio.statistics.networks import interval_of_means
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings, Network


@dataclass(frozen=True)
class Comparing:
    """The sample of slices, and the settings of comparisons.

    Attributes:
        sample: the slices with the maps of the study's network.
        patients: of the slices.
        tolerance_mm: of the localisation scores.
        seed: of the intervals.
    """

    sample: Sample
    patients: Patients
    tolerance_mm: float
    seed: int


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
    device: Device,
    **trainings: Path,
) -> None:
    """Write `MemorisedResult`; `trainings` are the folders of the trainings on permuted labels."""
    sample = read_sample(slices, split, explanations, methods=explanation.methods, limit=evidence.slices, seed=seed)
    label, part = Slices.load(slices / "slices.npz").label, np.load(split / "part.npy", allow_pickle=False)
    test, _ = part_slices(slices, split, "test")
    networks: list[MemorisingNetwork] = []
    maps: list[SignedMaps] = []
    for folder in tracked(trainings.values(), len(trainings), "networks"):
        trained, summary = load_trained(network, folder, device), TrainingResult.read(folder)
        accuracy = summary.kept.validation.accuracy
        memorised = accuracy is not None and accuracy > evidence.permuted_accuracy
        auc = auc_of(NetworkProbabilities(trained, network.window_hu), test)
        networks.append(MemorisingNetwork(accuracy=accuracy, epochs=summary.epochs, auc=auc, memorised=memorised))
        if memorised:
            maps.append(maps_of(trained, sample.data.hounsfield, sample.targets, network, explanation))
    comparing = Comparing(
        sample, Patients(sample.data.patient, evaluation.resamples, seed), evidence.tolerance_mm, seed
    )
    MemorisedResult(
        slices=len(sample.data),
        patients=comparing.patients.count,
        training_slices=int((permuted_labels(label, part, evidence.permuted_slices, seed, 1)[1] == "train").sum()),
        available=int((part == "train").sum()),
        accuracy=evidence.permuted_accuracy,
        networks=tuple(networks),
        similarity={method: similarity(comparing, maps, method) for method in explanation.methods if maps},
        scores=compared_scores(comparing, maps, explanation.methods) if maps else {},
    ).write(out)


def similarity(comparing: Comparing, maps: Sequence[SignedMaps], method: str) -> NetworksSimilarity:
    """Similarity of one method's maps, network by network, to those of the study's network."""
    compared = [similarities(comparing.sample.signed[method], of_network[method]) for of_network in maps]
    return networks_similarity(compared, comparing.patients, comparing.seed)


def compared_scores(
    comparing: Comparing, maps: Sequence[SignedMaps], methods: Sequence[str]
) -> Mapping[str, Mapping[str, NetworksScore]]:
    """Localisation score -> method -> means of the study's network and of the others, and the paired difference."""
    sample, patients, seed = comparing.sample, comparing.patients, comparing.seed
    truth = Truth(sample.data.mask, sample.data.spacing, comparing.tolerance_mm)
    result: dict[str, dict[str, NetworksScore]] = {}
    for name, score in LOCALISATION.items():
        result[name] = {}
        largest = 1.0 if score.measure.unit == "share" else np.inf
        for method in methods:
            before = score(np.maximum(sample.signed[method], 0), truth)
            after = np.stack([score(np.maximum(of_network[method], 0), truth) for of_network in maps])
            result[name][method] = NetworksScore(
                study=patients.interval(before),
                memorised=interval_of_means(after, patients, seed, (0.0, largest)),
                difference=interval_of_means(after - before, patients, seed, (-largest, largest)),
            )
    return result
