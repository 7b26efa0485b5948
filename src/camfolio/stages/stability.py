"""Stage `stability`: how much maps change under noise, shifts by one pixel and retraining, beside those of other slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from camfolio.evidence.similarity import similarities
from camfolio.evidence.stability import SHIFTS, noisy, partners, shifted, without_border
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.arrays.similarities import MapSimilarities
from camfolio.results.interval import Interval
from camfolio.results.retrained import RetrainedResult
from camfolio.results.similarity import Similarity
from camfolio.results.stability import Change, StabilityResult, Trainings
from camfolio.shapes import Hounsfield, Maps
from camfolio.stages.inputs.sample import Sample, maps_of, networks_similarity, read_sample, similarity_of, slice_means
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
    for change, hounsfield, shift in tracked(changes(sample, evidence, seed), steps, "changes"):
        maps = maps_of(trained, hounsfield, sample.targets, network, explanation)
        for method, after in maps.items():
            before = sample.signed[method]
            if change == "shift":
                before, after = without_border(before), without_border(after, shift)  # noqa: PLW2901 - the same maps, cropped
            add(repeated, change, method, similarities(before, after))
    for folder in seeds.values():
        for method, values in MapSimilarities.read(folder).changes["seed"].items():
            add(repeated, "seed", method, values)
    for method, values in other_slices(sample, evidence.stability.draws, seed):
        add(repeated, "other_slice", method, values)
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
        }
        | across_trainings(repeated, patients, seed),
        trainings=trainings(list(seeds.values()), explanation.methods) if seeds else None,
    ).write(out)


def changes(sample: Sample, evidence: Evidence, seed: int) -> Iterator[ChangedSlices]:
    """All changed versions of the slices: the change, the slices in HU, and the shift in pixels."""
    settings, data = evidence.stability, sample.data
    for draw in range(settings.draws):
        yield "noise", noisy(data.hounsfield, data.id, settings.noise_hu, draw, seed), (0, 0)
    for shift in SHIFTS:
        yield "shift", shifted(data.hounsfield, shift), shift


def other_slices(sample: Sample, draws: int, seed: int) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Method and similarities of its maps to those of slices of other patients, drawn anew so many times."""
    for draw in range(draws):
        partner = partners(sample.data.id, sample.data.patient, sample.targets, draw, seed)
        for method, maps in sample.signed.items():
            yield method, with_partners(maps, partner)


def with_partners(maps: Maps, partner: np.ndarray) -> dict[str, np.ndarray]:
    """Similarities of every map with that of its partner; NaN for one that has none, -1."""
    values = similarities(maps, maps[partner])
    return {measure: np.where(partner < 0, np.nan, each) for measure, each in values.items()}


def add(repeated: RepeatedSimilarities, change: Change, method: str, values: Mapping[str, np.ndarray]) -> None:
    """Append the similarities of one draw, shift or training."""
    repeated.setdefault(change, {}).setdefault(method, []).append(values)


def across_trainings(
    repeated: RepeatedSimilarities, patients: Patients, seed: int
) -> dict[Change, dict[str, Similarity]]:
    """Similarity to the maps of further trainings, with intervals over trainings and patients; empty without trainings."""
    found: dict[str, Similarity] = {}
    for method, values in repeated.get("seed", {}).items():
        both = networks_similarity(values, patients, seed)
        found[method] = Similarity(
            **{name: Interval(**both.of(name).model_dump(exclude={"by_network"})) for name in values[0]}
        )
    return {"seed": found} if found else {}


def trainings(folders: Sequence[Path], methods: Sequence[str]) -> Trainings:
    """AUC and energy inside the nodule by training, from the folders of stage `retrained`."""
    retrained = [RetrainedResult.read(folder) for folder in folders]
    energy = [result.scores["energy_share"] for result in retrained]
    return Trainings(
        auc=tuple(result.auc for result in retrained),
        energy_share={
            method: (energy[0][method].study, *(of_training[method].retrained for of_training in energy))
            for method in methods
        },
    )
