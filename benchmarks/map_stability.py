"""How similar the maps of two trainings are that differ in their seed alone, by variants of the training.

Usage: python benchmarks/map_stability.py STUDY [--variants NAME ...] [--seeds 3] [--group 3] [--results FOLDER] [--store FOLDER] [--set KEY=VALUE ...]

Every variant is trained with every seed on the study's split; the maps explain the label's class on at most 64 test slices of
whole patients. Rank correlation of signed maps and overlap of the highest tenth of the pixels are means over slices and pairs
of trainings, with 95 % intervals over pairs and patients; the same between slices of different patients under one network
stands beside it. `averaged over 3` compares the mean maps of two disjoint groups of three trainings of the variant `average`,
which is trained with six seeds for it; `--group` is another number. Energy on the nodule and AUC over nodules are the mean and the range over trainings.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import combinations, starmap
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch

from camfolio.data.loading import SliceLoading
from camfolio.data.slices import Slices
from camfolio.evidence.localisation import LOCALISATION, Truth
from camfolio.evidence.similarity import similarities
from camfolio.evidence.stability import partners
from camfolio.explanation.probabilities import NetworkProbabilities
from camfolio.network.architecture import build_network
from camfolio.network.trained import TrainedNetwork
from camfolio.network.training import train
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import with_upstream
from camfolio.stages.inputs.sample import maps_of
from camfolio.stages.retrained import auc_of
from camfolio.statistics.networks import interval_of_means
from camfolio.statistics.patients import Patients
from camfolio.statistics.random_generators import sample_by_patient
from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.study.file import read_study

SAMPLE = 64
MEASURES = {"rank_signed": (-1.0, 1.0), "overlap": (0.0, 1.0)}
"""Similarity -> its range."""


@dataclass(frozen=True)
class Variant:
    """Settings on top of the study's, and how convolutions continue the slice beyond its border."""

    settings: tuple[str, ...] = ()
    padding: str = "zeros"


VARIANTS: Mapping[str, Variant] = {
    "best epoch": Variant(("training.average=0", "training.patience=1000")),
    "average": Variant(),
    "displaced by up to 8 pixels": Variant(("training.augmentation.shift_pixels=8",)),
    "padding by reflection": Variant(padding="reflect"),
    "batches twice as large": Variant(("training.batch_size=128", "training.learning_rate=4e-3")),
    "weaker augmentation": Variant(
        ("training.augmentation.zoom=0.1", "training.augmentation.shift_pixels=1", "training.augmentation.noise_hu=20")
    ),
    "weight decay 0.5": Variant(("training.weight_decay=0.5",)),
}


@dataclass(frozen=True)
class Work:
    """One training."""

    study: Path
    settings: tuple[str, ...]
    slices: Path
    split: Path
    variant: str
    seed: int
    file: Path


def trained(work: Work) -> None:
    """Train a variant with a seed; write its maps of the sample, by method, and its AUC."""
    torch.set_num_threads(1)
    variant = VARIANTS[work.variant]
    study = read_study(work.study, [*work.settings, *variant.settings])
    slices, part = Slices.load(work.slices), np.load(work.split, allow_pickle=False)
    pl.seed_everything(work.seed, verbose=False)
    network = build_network(study.network)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d) and any(module.padding):
            module.padding_mode = variant.padding
    loading = SliceLoading(slices, part, batch_size=study.training.batch_size, seed=work.seed)
    window = study.network.window_hu
    train(network, loading, window_hu=window, settings=study.training, seed=work.seed)
    found = TrainedNetwork(network.eval(), torch.device("cpu"), None)
    test = slices.select(part == "test")
    sample = sample_of(test, study.seed)
    maps = maps_of(found, sample.hounsfield, sample.label, study.network, study.explanation)
    np.savez(work.file, probabilities=NetworkProbabilities(found, window)(test.hounsfield), **maps)


def compared(maps: Sequence[np.ndarray], sample: Slices, seed: int) -> str:
    """Similarity between all pairs of trainings, and between slices of different patients, as two cells."""
    patients = Patients(sample.patient, 1000, seed)
    pairs = list(starmap(similarities, combinations(maps, 2)))
    partner = partners(sample.id, sample.patient, sample.label, 0, seed)
    apart = [similarities(one, one[partner]) for one in maps]
    cells = []
    for measure, limits in MEASURES.items():
        between = np.stack([pair[measure] for pair in pairs])
        other = np.nanmean([np.where(partner < 0, np.nan, one[measure]) for one in apart])
        if len(pairs) > 1:
            found = interval_of_means(between, patients, seed, limits)
            cells.append(f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}); {other:.2f}")
        else:
            found = patients.interval(between[0])
            cells.append(f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}, patients only); {other:.2f}")
    return " | ".join(cells)


def unit(maps: np.ndarray) -> np.ndarray:
    """Maps divided by the mean of their magnitude, as in an ensemble."""
    size = np.abs(maps).mean((1, 2), keepdims=True)
    return np.divide(maps, size, out=np.zeros_like(maps), where=size > 0)


def row(name: str, runs: Sequence[Mapping[str, np.ndarray]], test: Slices, seed: int) -> None:
    """Print a variant's row for every method."""
    sample = sample_of(test, seed)
    truth = Truth(sample.mask, sample.spacing, 2.0)
    aucs = [auc_of(lambda _, run=run: run["probabilities"], test) for run in runs]
    for method in (key for key in runs[0] if key != "probabilities"):
        maps = [run[method] for run in runs]
        energy = [float(np.nanmean(LOCALISATION["energy_share"](np.maximum(one, 0), truth))) for one in maps]
        print(
            f"| {name} | {method} | {compared(maps, sample, seed)} | {np.mean(energy):.2f} ({min(energy):.2f} to {max(energy):.2f}) "
            f"| {np.mean(aucs):.3f} ({min(aucs):.3f} to {max(aucs):.3f}) |",
            flush=True,
        )


def averaged(runs: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Mean maps and mean probabilities of several trainings."""
    methods = [key for key in runs[0] if key != "probabilities"]
    means = {method: np.mean([unit(run[method]) for run in runs], 0) for method in methods}
    return means | {"probabilities": np.mean([run["probabilities"] for run in runs], 0)}


def sample_of(test: Slices, seed: int) -> Slices:
    """The slices whose maps are compared."""
    return test.select(sample_by_patient(test.patient, SAMPLE, seed))


def main() -> None:
    """Train what is not there yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--group", type=int, default=3, help="trainings whose maps are averaged")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", type=Path, default=Path("artifacts/map-stability"))
    parser.add_argument("--store", type=Path, default=Path("artifacts"))
    parser.add_argument("--set", dest="settings", nargs="+", default=[])
    wanted = parser.parse_args()
    wanted.results.mkdir(parents=True, exist_ok=True)
    study = read_study(wanted.study, wanted.settings)
    found = build(with_upstream(("split",), stages(study, wanted.study.parent)), Store(wanted.store))
    slices, split = found["slices"].folder / "slices.npz", found["split"].folder / "part.npy"
    count = {name: 2 * wanted.group if name == "average" else wanted.seeds for name in wanted.variants}
    files = {
        name: [wanted.results / f"{name.replace(' ', '-')}-{seed}.npz" for seed in range(count[name])]
        for name in wanted.variants
    }
    work = [
        Work(wanted.study, tuple(wanted.settings), slices, split, name, 100 + number, file)
        for name in wanted.variants
        for number, file in enumerate(files[name])
        if not file.exists()
    ]
    with ProcessPoolExecutor(wanted.jobs, mp_context=get_context("spawn")) as pool:
        list(pool.map(trained, work))
    data, part = Slices.load(slices), np.load(split, allow_pickle=False)
    test = data.select(part == "test")
    print(
        "| Variant | method | rank correlation; of other slices | overlap; of other slices | energy | AUC |\n"
        "| --- | --- | --- | --- | --- | --- |"
    )
    for name in wanted.variants:
        runs = [dict(np.load(file, allow_pickle=False)) for file in files[name]]
        row(name, runs, test, study.seed)
        if name == "average":
            groups = [averaged(runs[: wanted.group]), averaged(runs[wanted.group :])]
            row(f"averaged over {wanted.group}", groups, test, study.seed)


if __name__ == "__main__":
    main()
