"""A sample of test slices for sanity checks, with the study's maps, and maps of another network for them."""

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


@dataclass(frozen=True)
class Sample:
    """Some test slices.

    Attributes:
        data: the slices.
        targets: the class that their maps explain.
        signed: method -> maps at the layer in focus, before their ReLU, at the slices' resolution.
        chosen: which of the test slices they are.
    """

    data: Slices
    targets: Int64[np.ndarray, " slices"]
    signed: SignedMaps
    chosen: Bool[np.ndarray, " test_slices"]


def read_sample(
    slices: Path, split: Path, explanations: Path, *, methods: Sequence[str], wanted: int, seed: int
) -> Sample:
    """At most so many test slices, whole patients drawn with the seed."""
    test, _ = part_slices(slices, split, "test")
    chosen = sample_by_patient(test.patient, wanted, seed)
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
    """Signed maps at the layer in focus, by every method of a study, of other slices or by another network."""
    images = through_window(torch.from_numpy(np.ascontiguousarray(hounsfield)), network.window_hu)
    found = explain(
        trained.model,
        images,
        explanation.layer,
        explanation.methods,
        torch.from_numpy(targets),
        comparison=explanation.comparison,
        forward=trained.forward,
    )
    return {method: enlarged(signed, hounsfield) for method, signed in found.signed.items()}


def similarity_of(values: Mapping[str, np.ndarray], patients: Patients) -> Similarity:
    """Means with intervals over patients of the similarities of single slices."""
    return Similarity(**{measure: patients.interval(of_slices) for measure, of_slices in values.items()})
