"""A sample of test slices for sanity checks, its maps by the study's network, and by other networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int64

from camfolio.data.slices import Slices
from camfolio.explanation.ensembles import averaged
from camfolio.explanation.maps import enlarge
from camfolio.network.trained import TrainedNetwork
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.similarity import NetworksSimilarity, Similarity
from camfolio.shapes import Hounsfield
from camfolio.stages.inputs.explaining import explain_members
from camfolio.stages.inputs.parts import part_slices
from camfolio.stages.inputs.subjects import signed_maps
from camfolio.statistics.defined import defined_means
from camfolio.statistics.networks import interval_of_means
from camfolio.statistics.patients import Patients
from camfolio.statistics.random_generators import sample_by_patient
from camfolio.study.settings import ExplanationSettings, Network

SignedMaps = dict[str, Float32[np.ndarray, "slices height width"]]
"""Method -> maps at the layer in focus, before their ReLU, at the slices' resolution."""


@dataclass(frozen=True)
class Sample:
    """A sample of test slices.

    Attributes:
        data: the slices.
        targets: the class that the maps explain.
        signed: maps by the study's network.
        chosen: True on the test slices in the sample.
    """

    data: Slices
    targets: Int64[np.ndarray, " slices"]
    signed: SignedMaps
    chosen: Bool[np.ndarray, " test_slices"]


def read_sample(
    slices: Path, split: Path, explanations: Path, *, methods: Sequence[str], limit: int, seed: int
) -> Sample:
    """A sample of at most `limit` test slices: all slices of randomly drawn patients."""
    test, _ = part_slices(slices, split, "test")
    chosen = sample_by_patient(test.patient, limit, seed)
    data = test.select(chosen)
    maps = LayerMaps.read(explanations)
    size = (data.hounsfield.shape[1], data.hounsfield.shape[2])
    signed = {method: signed_maps(maps, method, size)[chosen] for method in methods}
    return Sample(data, maps.targets[chosen], signed, chosen)


def maps_of(
    trained: TrainedNetwork,
    hounsfield: Hounsfield,
    targets: np.ndarray,
    network: Network,
    explanation: ExplanationSettings,
) -> SignedMaps:
    """Signed maps by every method of a study, at the layer in focus, of given slices and by a given network."""
    result = averaged(explain_members(trained, hounsfield, targets, network, explanation))
    size, centres = (hounsfield.shape[1], hounsfield.shape[2]), result.centres[result.layer]
    return {method: enlarge(signed, size, centres).numpy() for method, signed in result.signed.items()}


def similarity_of(values: Mapping[str, np.ndarray], patients: Patients) -> Similarity:
    """Means, with intervals over patients, of similarities of single slices."""
    return Similarity(**{measure: patients.interval(by_slice) for measure, by_slice in values.items()})


def networks_similarity(
    values: Sequence[Mapping[str, np.ndarray]], patients: Patients, seed: int
) -> NetworksSimilarity:
    """Means, with intervals over networks and patients, of similarities of single slices, network by network."""
    measures = {measure: np.stack([of_network[measure] for of_network in values]) for measure in values[0]}
    return NetworksSimilarity(
        **{
            measure: interval_of_means(
                by_slice, patients, seed, (0.0 if measure in {"rank_magnitude", "overlap"} else -1.0, 1.0)
            )
            for measure, by_slice in measures.items()
        }
    )


def slice_means(compared: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Similarity -> each slice's mean over draws, shifts or networks where it is defined; NaN if it is never defined."""
    return {measure: defined_means(np.stack([values[measure] for values in compared])) for measure in compared[0]}
