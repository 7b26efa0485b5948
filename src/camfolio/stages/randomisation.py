"""Stage `randomisation`: maps after weight randomisation, cascading from the output, against those of the trained network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from camfolio.evidence.randomisation import randomised_networks
from camfolio.evidence.similarity import similarities
from camfolio.network.architecture import build_network
from camfolio.network.trained import Device, TrainedNetwork, load_trained
from camfolio.progress import tracked
from camfolio.results.arrays.similarities import MapSimilarities, RandomisedExample
from camfolio.results.randomisation import ExampleSlice, RandomisationResult
from camfolio.stages.inputs.sample import maps_of, read_sample, similarity_of
from camfolio.statistics.patients import Patients
from camfolio.statistics.random_generators import slice_generator
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
    """Write `MapSimilarities` by part, the `RandomisedExample` of the first slice, and `RandomisationResult`."""
    trained = load_trained(network, training, device)
    sample = read_sample(slices, split, explanations, methods=explanation.methods, limit=evidence.slices, seed=seed)
    example = {method: [maps[0]] for method, maps in sample.signed.items()}
    by_part: dict[str, dict[str, dict[str, np.ndarray]]] = {}
    steps = sum(bool(part.state_dict()) for part in trained.model.children())
    networks = randomised_networks(trained.model, fresh_network(network, seed).to(trained.device))
    for part, model in tracked(networks, steps, "randomisation"):
        signed = maps_of(
            TrainedNetwork(model, trained.device, None), sample.data.hounsfield, sample.targets, network, explanation
        )
        by_part[part] = {method: similarities(sample.signed[method], maps) for method, maps in signed.items()}
        for method, maps in signed.items():
            example[method].append(maps[0])
    MapSimilarities(by_part, sample.chosen).write(out)
    states = {method: np.stack(maps) for method, maps in example.items()}
    RandomisedExample(sample.data.hounsfield[0], states).write(out)
    patients = Patients(sample.data.patient, evaluation.resamples, seed)
    RandomisationResult(
        slices=len(sample.data),
        patients=patients.count,
        parts=tuple(by_part),
        example=ExampleSlice(id=str(sample.data.id[0]), spacing_mm=float(sample.data.spacing[0, 1])),
        similarity={
            method: tuple(similarity_of(methods[method], patients) for methods in by_part.values())
            for method in explanation.methods
        },
    ).write(out)


def fresh_network(network: Network, seed: int) -> torch.nn.Module:
    """The network of a study with initial weights, from another seed than that of training."""
    torch.manual_seed(int(slice_generator(seed, "network", "randomisation").integers(2**31)))
    return build_network(network).eval()
