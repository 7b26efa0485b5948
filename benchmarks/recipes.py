"""Recipes of training compared by repeated cross-validation by patient, paired by fold.

Usage: python benchmarks/recipes.py STUDY [--recipes NAME ...] [--repeats 3] [--folds 5] [--results FILE]

Every recipe is trained on the same folds of the study's slices. Predictions are kept in FILE, a folder, so that a run goes
on where it ended and a recipe that is added later meets the same folds. The table has each recipe's AUC and balanced
accuracy over nodules, the mean over folds; its difference to the first recipe with a 95 % interval, Student's t with the
variance of repeated cross-validation (Nadeau & Bengio 2003, doi:10.1023/A:1024068626366); the standard deviation of the
repeats' means; the largest ratio of the validation losses of two consecutive epochs after the first fifth; and seconds of one
thread per training.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from scipy import stats
from torch.nn import functional
from torch.utils.data import TensorDataset

from camfolio.data.loading import SliceLoading, augment
from camfolio.data.slices import Slices
from camfolio.data.splits import split_by_patient
from camfolio.explanation.probabilities import NetworkProbabilities
from camfolio.network import training
from camfolio.network.architecture import build_network
from camfolio.network.cases import Cases, by_nodule
from camfolio.network.metrics import METRICS, Predictions
from camfolio.network.trained import TrainedNetwork
from camfolio.network.training import Classifier, train
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import with_upstream
from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.study.file import read_study

EARLIER = ("training.average=0", "training.max_epochs=40", "training.learning_rate=5e-3")


@dataclass(frozen=True)
class Recipe:
    """Settings of a study, how many networks are averaged, whether the validation part is trained on, too, and the target.

    With `ratings` the target is the readers' mean rating r, 1 to 5, as the probability (r - 1) / 4. It is read from the array
    `xml_mean_malignancy` of the study's npz.
    """

    settings: tuple[str, ...]
    networks: int = 1
    on_both: bool = False
    ratings: bool = False


def narrow(*settings: str, rate: str = "2e-3", steps: int = 400) -> tuple[str, ...]:
    """Settings of the recipe from which the others differ in one thing: width 8, averaged weights, 400 steps."""
    return ("network.width=8", f"training.learning_rate={rate}", f"training.steps={steps}", *settings)


WEAKER = [f"training.augmentation.{key}" for key in ("zoom=0.1", "shift_pixels=1", "noise_hu=20")]
RECIPES: Mapping[str, Recipe] = {
    "best epoch, width 16, rate 5e-3 (before)": Recipe(("network.width=16", *EARLIER)),
    "average": Recipe(narrow()),
    "five networks": Recipe(narrow(), networks=5),
    "best epoch": Recipe(narrow("training.average=0", "training.patience=100")),
    "ratings as targets": Recipe(narrow(), ratings=True),
    "on both parts": Recipe(narrow(), on_both=True),
    "rate 5e-3": Recipe(narrow(rate="5e-3")),
    "rate 1e-3": Recipe(narrow(rate="1e-3")),
    "800 steps": Recipe(narrow(steps=800)),
    "label smoothing 0.1": Recipe(narrow("training.label_smoothing=0.1")),
    "weaker augmentation": Recipe(narrow(*WEAKER)),
    "dropout 0.3": Recipe(narrow("network.dropout=0.3")),
    "weight decay 0.5": Recipe(narrow("training.weight_decay=0.5")),
    "batches of 64, 200 steps": Recipe(narrow("training.batch_size=64", steps=200)),
    "width 16": Recipe(narrow("network.width=16")),
    "displaced by up to 8 pixels": Recipe(narrow("training.augmentation.shift_pixels=8")),
}


def part_of(slices: Slices, folds: int, fold: int, repeat: int) -> np.ndarray:
    """The part of each slice in one fold: folds by patient, and a fold's remaining patients 85 to 15."""
    shares = {str(number): 1 / folds for number in range(folds)}
    test = split_by_patient(slices.patient, slices.label, shares, repeat) == str(fold)
    part = np.full(len(slices), "test", dtype="U10")
    rest = slices.select(~test)
    part[~test] = split_by_patient(rest.patient, rest.label, {"train": 0.85, "validation": 0.15}, repeat)
    return part


def trained(study_file: Path, slices_file: Path, name: str, *, fold: int, folds: int, repeat: int) -> dict[str, object]:
    """Train one recipe on one fold; the probabilities of the fold's test slices, the losses and the seconds."""
    torch.set_num_threads(1)
    recipe = RECIPES[name]
    study = read_study(study_file, recipe.settings)
    slices = Slices.load(slices_file)
    part = part_of(slices, folds, fold, repeat)
    test = np.flatnonzero(part == "test")
    if recipe.on_both:  # no part may be empty: the fold's slices, which are only looked at, are in both others
        part[part == "validation"] = "train"
        part[test[::2]] = "validation"
    start = time.perf_counter()
    losses: list[float] = []
    probabilities = []
    for member in range(recipe.networks):
        seed = 100_000 * repeat + 1000 * member + fold
        pl.seed_everything(seed, verbose=False)
        network = build_network(study.network)
        loading = SliceLoading(slices, part, batch_size=study.training.batch_size, seed=seed)
        window = study.network.window_hu
        training.Classifier = RatedLabels if recipe.ratings else Classifier  # type: ignore[misc]  # in this process only
        if recipe.ratings:
            with_ratings(loading, slices, part, np.load(study.data.path, allow_pickle=False))
        found = train(network, loading, window_hu=window, settings=study.training, seed=seed)
        losses = losses or [row["validation/loss"] for row in found.history]
        answer = NetworkProbabilities(TrainedNetwork(network.eval(), torch.device("cpu"), None), window)
        probabilities.append(answer(slices.hounsfield[test])[:, 1].tolist())
    return {
        "recipe": name,
        "repeat": repeat,
        "fold": fold,
        "test": test.tolist(),
        "probability": np.mean(probabilities, 0).tolist(),
        "by_network": probabilities,
        "losses": losses,
        "seconds": time.perf_counter() - start,
    }


class RatedLabels(Classifier):
    """A classifier whose labels of training are the malignant class's probability."""

    def training_step(self, batch: Sequence[torch.Tensor], _: int) -> torch.Tensor:
        """Cross-entropy with the probabilities of both classes."""
        hounsfield, target = batch
        logits = self(augment(hounsfield, self.settings.augmentation, self.generator))
        self.record(self.training_metrics, logits, (target > 0.5).long())  # noqa: PLR2004 - the more probable class
        return functional.cross_entropy(logits, torch.stack([1 - target, target], 1))


def with_ratings(loading: SliceLoading, slices: Slices, part: np.ndarray, arrays: Mapping[str, np.ndarray]) -> None:
    """Replace the training labels by ratings, which are found by the slices' pixels."""
    images, ratings = arrays["image"].astype(np.float32), arrays["xml_mean_malignancy"]
    rating = {image.tobytes(): value for image, value in zip(images, ratings, strict=True)}
    train_part = slices.select(part == "train")
    target = np.array([(rating[image.tobytes()] - 1) / 4 for image in train_part.hounsfield], np.float32)
    loading.parts["train"] = TensorDataset(torch.from_numpy(train_part.hounsfield), torch.from_numpy(target))


def scores(probability: np.ndarray, test: Slices) -> tuple[float, float]:
    """AUC and balanced accuracy over the nodules of one fold."""
    nodules = by_nodule(Cases(probability, test.label, test.patient, test.nodule, test.area_mm2))
    predictions = Predictions(torch.from_numpy(nodules.probability), torch.from_numpy(nodules.label), bins=1)
    return float(METRICS["auc"](predictions)), float(METRICS["balanced_accuracy"](predictions))


def single_networks(runs: Sequence[Mapping[str, object]], slices: Slices) -> str:
    """Scores of the networks of a recipe that averages several: the mean, and the deviation over their seeds."""
    by_fold = np.array(
        [
            [scores(np.array(each, float), slices.select(np.array(run["test"]))) for each in run["by_network"]]
            for run in runs
        ]
    )
    by_seed = by_fold.mean(0)
    auc, accuracy = by_seed.mean(0)
    return (
        f"each network alone: AUC {auc:.3f}, balanced accuracy {accuracy:.3f}; "
        f"deviation over seeds {by_seed[:, 0].std(ddof=1):.4f}, {by_seed[:, 1].std(ddof=1):.4f}"
    )


def jump(losses: Sequence[float]) -> float:
    """The largest ratio of two consecutive losses after the first fifth."""
    later = np.array(losses)[len(losses) // 5 :]
    return float((later[1:] / later[:-1]).max()) if len(later) > 1 else float("nan")


def corrected_interval(differences: np.ndarray, folds: int) -> tuple[float, float]:
    """Half-width of the interval around the mean of differences of repeated cross-validation, and the mean."""
    count = len(differences)
    error = np.sqrt((1 / count + 1 / (folds - 1)) * differences.var(ddof=1))
    return float(differences.mean()), float(stats.t.ppf(0.975, count - 1) * error)


def table(runs: Sequence[Mapping[str, object]], slices: Slices, names: Sequence[str], folds: int) -> None:
    """Print one row per recipe."""
    found = {
        (run["recipe"], run["repeat"], run["fold"]): (
            run,
            scores(np.array(run["probability"], float), slices.select(np.array(run["test"]))),
        )
        for run in runs
    }
    print(
        "| Recipe | folds | AUC | balanced accuracy | difference in AUC | in balanced accuracy | deviation | jump | s |"
    )
    print("| --- " + "| ---: " * 8 + "|")
    for name in names:
        keys = sorted(key for key in found if key[0] == name)
        both = [key for key in keys if (names[0], *key[1:]) in found]
        if not keys:
            continue
        values = np.array([found[key][1] for key in keys])
        repeats = [np.mean([found[key][1] for key in keys if key[1] == each], 0) for each in {key[1] for key in keys}]
        spread = np.std(repeats, axis=0, ddof=1) if len(repeats) > 1 else (float("nan"),) * 2
        differences = np.array([np.subtract(found[key][1], found[(names[0], *key[1:])][1]) for key in both])
        gains = [
            "{:+.3f} ± {:.3f}".format(*corrected_interval(differences[:, score], folds)) if len(both) > 1 else ""
            for score in (0, 1)
        ]
        jumps, seconds = (
            [measure(found[key][0]) for key in keys]
            for measure in (lambda run: jump(run["losses"]), lambda run: run["seconds"])
        )
        print(
            f"| {name} | {len(keys)} | {values[:, 0].mean():.3f} | {values[:, 1].mean():.3f} | {gains[0]} | {gains[1]} "
            f"| {spread[0]:.3f}, {spread[1]:.3f} | {np.max(jumps):.2f} | {np.median(seconds):.0f} |",
            flush=True,
        )
    for name in names:
        several = [found[key][0] for key in sorted(found) if key[0] == name and len(found[key][0]["by_network"]) > 1]
        if several:
            print(f"{name}: {single_networks(several, slices)}", flush=True)


def main() -> None:
    """Train what is not there yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", type=Path, default=Path("artifacts/recipes"))
    wanted = parser.parse_args()
    wanted.results.mkdir(parents=True, exist_ok=True)
    study = read_study(wanted.study, [])
    results = build(with_upstream(("slices",), stages(study, wanted.study.parent)), Store(Path("artifacts")))
    slices_file = results["slices"].folder / "slices.npz"
    with ProcessPoolExecutor(wanted.jobs, mp_context=get_context("spawn")) as pool:
        pending = {}
        for repeat in range(wanted.repeats):
            for name in wanted.recipes:
                for fold in range(wanted.folds):
                    file = wanted.results / f"{re.sub('[^a-z0-9]+', '-', name)}-{repeat}-{fold}.json"
                    if not file.exists():
                        work = pool.submit(
                            trained, wanted.study, slices_file, name, fold=fold, folds=wanted.folds, repeat=repeat
                        )
                        pending[work] = file
        for work in as_completed(pending):
            pending[work].write_text(json.dumps(work.result()))
    runs = [json.loads(file.read_text()) for file in sorted(wanted.results.glob("*.json"))]
    table(runs, Slices.load(slices_file), wanted.recipes, wanted.folds)


if __name__ == "__main__":
    main()
