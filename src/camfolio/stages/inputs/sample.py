"""A sample of test slices for sanity checks, its maps by the study's network, and by other networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64

from camfolio.data.slices import Slices
from camfolio.explanation.explain import explain
from camfolio.explanation.maps import enlarge
from camfolio.network.architecture import through_window
from camfolio.network.trained import TrainedNetwork
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.similarity import Similarity
from camfolio.results.subject import Subject
from camfolio.shapes import Hounsfield
from camfolio.stages.inputs.parts import part_slices
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
    signed = {
        method: enlarged(torch.from_numpy(maps.of(Subject(method))[chosen]), data.hounsfield) for method in methods
    }
    return Sample(data, maps.targets[chosen], signed, chosen)


def enlarged(maps: torch.Tensor, like: Hounsfield) -> Float32[np.ndarray, "slices height width"]:
    """Maps at the resolution of slices."""
    return enlarge(maps, (like.shape[1], like.shape[2])).numpy()


def maps_of(
    trained: TrainedNetwork,
    hounsfield: Hounsfield,
    targets: np.ndarray,
    network: Network,
    explanation: ExplanationSettings,
) -> SignedMaps:
    """Signed maps by every method of a study, at the layer in focus, of given slices and by a given network."""
    images = through_window(torch.from_numpy(np.ascontiguousarray(hounsfield)), network.window_hu)
    result = explain(
        trained.model,
        images,
        explanation.layer,
        explanation.methods,
        torch.from_numpy(targets),
        comparison=explanation.comparison,
        forward=trained.forward,
    )
    return {method: enlarged(signed, hounsfield) for method, signed in result.signed.items()}


def similarity_of(values: Mapping[str, np.ndarray], patients: Patients) -> Similarity:
    """Means, with intervals over patients, of similarities of single slices."""
    return Similarity(**{measure: patients.interval(by_slice) for measure, by_slice in values.items()})
