"""Stage `stability`: how much maps change under noise, under shifts by one pixel, and from one training to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from camfolio.evidence.similarity import SIMILARITY, similarities
from camfolio.evidence.stability import SHIFTS, noisy, shifted, without_border
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.files import write_json
from camfolio.shapes import Hounsfield
from camfolio.stages.inputs.sample import Sample, interval_json, maps_of, read_sample
from camfolio.statistics.defined import defined_means
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings, Network

Change = tuple[str, Hounsfield, tuple[int, int]]


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
    """Write `similarity.npz` and `stability.json`.

    `seeds` are `seed_N` -> folder of that stage `retrained`.

    `similarity.npz`: `CHANGE/MEASURE/METHOD`, float64 (m,), a slice's mean over draws, shifts or seeds, NaN where none
    is defined; `chosen`, bool (n,), which test slices the m are.

    `stability.json`: `slices`, `patients`, `measures` (name -> words), `noise_hu`, `draws`, `seeds` (how many further
    trainings), `similarity` (change `noise`, `shift` or, with further trainings, `seed` -> method -> measure -> value,
    low, high, undefined, slices_undefined).
    """
    trained = load_trained(network, training, device)
    sample = read_sample(slices, split, explanations, methods=explanation.methods, wanted=evidence.slices, seed=seed)
    found: dict[str, list[np.ndarray]] = {}
    steps = evidence.stability.draws + len(SHIFTS)
    for change, hounsfield, shift in tracked(changes(sample, evidence, seed), steps, "stability"):
        maps = maps_of(trained, hounsfield, sample.targets, network, explanation)
        for method, after in maps.items():
            before = sample.signed[method]
            if change == "shift":
                before, after = without_border(before), without_border(after, shift)  # noqa: PLW2901 - the same maps
            add(found, change, method, similarities(before, after))
    for folder in seeds.values():
        with np.load(folder / "similarity.npz", allow_pickle=False) as stored:
            for method in explanation.methods:
                add(found, "seed", method, {measure: stored[f"{measure}/{method}"] for measure in SIMILARITY})
    means = {name: defined_means(np.stack(values)) for name, values in found.items()}
    np.savez(out / "similarity.npz", allow_pickle=False, chosen=sample.chosen, **means)
    patients = Patients(sample.data.patient, evaluation.resamples, seed)
    summary = {
        "slices": len(sample.data),
        "patients": patients.count,
        "measures": SIMILARITY,
        "noise_hu": evidence.stability.noise_hu,
        "draws": evidence.stability.draws,
        "seeds": len(seeds),
        "similarity": nested(means, explanation.methods, patients),
    }
    write_json(out / "stability.json", summary)


def changes(sample: Sample, evidence: Evidence, seed: int) -> Iterator[Change]:
    """All changed versions of the slices: what was changed, HU, and by which shift."""
    settings, data = evidence.stability, sample.data
    for draw in range(settings.draws):
        yield "noise", noisy(data.hounsfield, data.id, settings.noise_hu, draw, seed), (0, 0)
    for shift in SHIFTS:
        yield "shift", shifted(data.hounsfield, shift), shift


def add(found: dict[str, list[np.ndarray]], change: str, method: str, values: Mapping[str, np.ndarray]) -> None:
    """Put one comparison beside the others of its kind."""
    for measure, similarity in values.items():
        found.setdefault(f"{change}/{measure}/{method}", []).append(similarity)


def nested(means: Mapping[str, np.ndarray], methods: tuple[str, ...], patients: Patients) -> dict[str, object]:
    """Change -> method -> measure -> interval."""
    kinds = dict.fromkeys(name.partition("/")[0] for name in means)
    return {
        change: {
            method: {measure: interval_json(means[f"{change}/{measure}/{method}"], patients) for measure in SIMILARITY}
            for method in methods
        }
        for change in kinds
    }
