"""Stage `randomisation`: maps after weight randomisation, cascading from the output, against those of the trained network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from camfolio.evidence.randomisation import randomised_networks
from camfolio.evidence.similarity import similarities, ssim_window
from camfolio.network.architecture import build_network
from camfolio.network.ensembles import members_of, together
from camfolio.network.trained import Device, TrainedNetwork, load_trained
from camfolio.progress import tracked
from camfolio.results.arrays.similarities import MapSimilarities, RandomisedExample
from camfolio.results.randomisation import ExampleSlice, RandomisationResult
from camfolio.stages.inputs.sample import maps_of, networks_similarity, read_sample, slice_means
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
    """Write `MapSimilarities` by part, means over networks; the `RandomisedExample` of the first slice under the first network; and
    `RandomisationResult`.
    """
    trained = load_trained(network, training, device)
    sample = read_sample(slices, split, explanations, methods=explanation.methods, limit=evidence.slices, seed=seed)
    example = {method: [maps[0]] for method, maps in sample.signed.items()}
    compared: dict[str, dict[str, list[dict[str, np.ndarray]]]] = {}
    steps = evidence.reinitialisations * sum(bool(part.state_dict()) for part in trained.members[0].model.children())
    networks = randomisations(trained, network, evidence.reinitialisations, seed)
    for number, part, model in tracked(networks, steps, "networks"):
        signed = maps_of(
            TrainedNetwork(model, trained.device, None), sample.data.hounsfield, sample.targets, network, explanation
        )
        for method, maps in signed.items():
            similarity = similarities(sample.signed[method], maps)
            compared.setdefault(part, {}).setdefault(method, []).append(similarity)
            if number == 0:
                example[method].append(maps[0])
    means = {
        part: {method: slice_means(values) for method, values in methods.items()} for part, methods in compared.items()
    }
    MapSimilarities(means, sample.chosen).write(out)
    states = {method: np.stack(maps) for method, maps in example.items()}
    RandomisedExample(sample.data.hounsfield[0], states).write(out)
    patients = Patients(sample.data.patient, evaluation.resamples, seed)
    RandomisationResult(
        slices=len(sample.data),
        patients=patients.count,
        networks=evidence.reinitialisations,
        parts=tuple(compared),
        example=ExampleSlice(id=str(sample.data.id[0]), spacing_mm=float(sample.data.spacing[0, 1])),
        ssim_window=ssim_window(*sample.data.hounsfield.shape[1:]),
        similarity={
            method: tuple(networks_similarity(methods[method], patients, seed) for methods in compared.values())
            for method in explanation.methods
        },
    ).write(out)


def randomisations(
    trained: TrainedNetwork, network: Network, count: int, seed: int
) -> Iterator[tuple[int, str, torch.nn.Module]]:
    """Number of a network with random weights, the part that was randomised last, and the trained network with parts of it.

    Of an ensemble the same parts of all members are replaced.
    """
    for number in range(count):
        fresh = [
            fresh_network(network, seed, number, member).to(trained.device) for member in range(len(trained.members))
        ]
        for states in zip(
            *(randomised_networks(*pair) for pair in zip(members_of(trained.model), fresh, strict=True)), strict=True
        ):
            yield number, states[0][0], together([model for _, model in states])


def fresh_network(network: Network, seed: int, number: int, member: int = 0) -> torch.nn.Module:
    """The network of a study with initial weights, from another seed than that of training; each number gives other weights."""
    name = f"network {number}, member {member}" if member else f"network {number}"
    torch.manual_seed(int(slice_generator(seed, name, "randomisation").integers(2**31)))
    return build_network(network).eval()
