"""Stage `randomisation`: maps after weight randomisation, cascading from the output, against the trained network's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from camfolio.evidence.randomisation import randomised_networks
from camfolio.evidence.similarity import SIMILARITY, similarities
from camfolio.network.architecture import build_network
from camfolio.network.trained import Device, TrainedNetwork, load_trained
from camfolio.progress import tracked
from camfolio.results.files import write_json
from camfolio.stages.inputs.sample import interval_json, maps_of, read_sample
from camfolio.statistics.chance import slice_generator
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
    """Write `similarity.npz` and `randomisation.json`.

    `similarity.npz`: `MEASURE/METHOD`, float64 (parts, m), NaN where not defined; `chosen`, bool (n,), which test
    slices the m are; `hounsfield` (H, W), the first of them, and `signed/METHOD`, (1 + parts, H, W), its maps, the
    trained network's first.

    `randomisation.json`: `slices`, `patients`, `measures` (name -> words), `parts` (names of the network's parts in the
    order in which they are randomised, each time together with all before it), `example` (id and mm per column of the
    first slice), `similarity` (method -> measure -> one entry per part: value, low, high, undefined, slices_undefined).
    """
    trained = load_trained(network, training, device)
    sample = read_sample(slices, split, explanations, methods=explanation.methods, wanted=evidence.slices, seed=seed)
    example = {method: [maps[0]] for method, maps in sample.signed.items()}
    parts: list[str] = []
    found: dict[str, list[np.ndarray]] = {}
    steps = sum(bool(part.state_dict()) for part in trained.model.children())
    networks = randomised_networks(trained.model, fresh_network(network, seed).to(trained.device))
    for part, model in tracked(networks, steps, "randomisation"):
        parts.append(part)
        signed = maps_of(
            TrainedNetwork(model, trained.device, None), sample.data.hounsfield, sample.targets, network, explanation
        )
        for method, maps in signed.items():
            example[method].append(maps[0])
            for measure, values in similarities(sample.signed[method], maps).items():
                found.setdefault(f"{measure}/{method}", []).append(values)
    arrays = {name: np.stack(values) for name, values in found.items()}
    arrays |= {f"signed/{method}": np.stack(maps) for method, maps in example.items()}
    arrays |= {"hounsfield": sample.data.hounsfield[0], "chosen": sample.chosen}
    np.savez(out / "similarity.npz", allow_pickle=False, **arrays)
    patients = Patients(sample.data.patient, evaluation.resamples, seed)
    summary = {
        "slices": len(sample.data),
        "patients": patients.count,
        "measures": SIMILARITY,
        "parts": parts,
        "example": {"id": str(sample.data.id[0]), "spacing_mm": float(sample.data.spacing[0, 1])},
        "similarity": {method: by_part(found, method, patients) for method in explanation.methods},
    }
    write_json(out / "randomisation.json", summary)


def by_part(found: Mapping[str, Sequence[np.ndarray]], method: str, patients: Patients) -> dict[str, list[object]]:
    """Measure -> mean similarity of a method's maps with its interval, after each part."""
    return {
        measure: [interval_json(values, patients) for values in found[f"{measure}/{method}"]] for measure in SIMILARITY
    }


def fresh_network(network: Network, seed: int) -> torch.nn.Module:
    """The network of a study as it is initialised, from another seed than the trained one's."""
    torch.manual_seed(int(slice_generator(seed, "network", "randomisation").integers(2**31)))
    return build_network(network).eval()
