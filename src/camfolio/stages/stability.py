"""Stage `stability`: how much maps change under noise, shifts by one pixel and retraining."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from camfolio.evidence.similarity import similarities
from camfolio.evidence.stability import SHIFTS, noisy, shifted, without_border
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.arrays.similarities import MapSimilarities
from camfolio.results.stability import Change, StabilityResult
from camfolio.shapes import Hounsfield
from camfolio.stages.inputs.sample import Sample, maps_of, read_sample, similarity_of
from camfolio.statistics.defined import defined_means
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings, Network

ChangedSlices = tuple[Change, Hounsfield, tuple[int, int]]
RepeatedSimilarities = dict[Change, dict[str, list[Mapping[str, np.ndarray]]]]
"""Change -> method -> the similarities of each draw, shift or training."""


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
    **seeds: Path,
) -> None:
    """Write `MapSimilarities`, each slice's means over draws, shifts or seeds, and `StabilityResult`.

    `seeds`: `seed_N` -> folder of stage `retrained` with that seed.
    """
    trained = load_trained(network, training, device)
    sample = read_sample(slices, split, explanations, methods=explanation.methods, limit=evidence.slices, seed=seed)
    repeated: RepeatedSimilarities = {}
    steps = evidence.stability.draws + len(SHIFTS)
    for change, hounsfield, shift in tracked(changes(sample, evidence, seed), steps, "stability"):
        maps = maps_of(trained, hounsfield, sample.targets, network, explanation)
        for method, after in maps.items():
            before = sample.signed[method]
            if change == "shift":
                before, after = without_border(before), without_border(after, shift)  # noqa: PLW2901 - the same maps, cropped
            add(repeated, change, method, similarities(before, after))
    for folder in seeds.values():
        for method, values in MapSimilarities.read(folder).changes["seed"].items():
            add(repeated, "seed", method, values)
    means: dict[str, dict[str, dict[str, np.ndarray]]] = {
        change: {method: slice_means(compared) for method, compared in methods.items()}
        for change, methods in repeated.items()
    }
    MapSimilarities(means, sample.chosen).write(out)
    patients = Patients(sample.data.patient, evaluation.resamples, seed)
    StabilityResult(
        slices=len(sample.data),
        patients=patients.count,
        noise_hu=evidence.stability.noise_hu,
        draws=evidence.stability.draws,
        seeds=len(seeds),
        similarity={
            change: {method: similarity_of(values, patients) for method, values in methods.items()}
            for change, methods in means.items()
        },
    ).write(out)


def changes(sample: Sample, evidence: Evidence, seed: int) -> Iterator[ChangedSlices]:
    """All changed versions of the slices: the change, the slices in HU, and the shift in pixels."""
    settings, data = evidence.stability, sample.data
    for draw in range(settings.draws):
        yield "noise", noisy(data.hounsfield, data.id, settings.noise_hu, draw, seed), (0, 0)
    for shift in SHIFTS:
        yield "shift", shifted(data.hounsfield, shift), shift


def add(repeated: RepeatedSimilarities, change: Change, method: str, values: Mapping[str, np.ndarray]) -> None:
    """Append the similarities of one draw, shift or training."""
    repeated.setdefault(change, {}).setdefault(method, []).append(values)


def slice_means(compared: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Similarity -> each slice's mean over draws, shifts or trainings where it is defined; NaN if it is never defined."""
    return {measure: defined_means(np.stack([values[measure] for values in compared])) for measure in compared[0]}
