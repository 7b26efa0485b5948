"""Stage `training`: train or load weights, and export the network to ONNX where possible."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch

from camfolio.data.loading import SliceLoading
from camfolio.data.slices import Slices
from camfolio.errors import DataError
from camfolio.network.architecture import build_network, through_window
from camfolio.network.onnx import FILE, write_onnx
from camfolio.network.training import Trained, train
from camfolio.network.weights import load_weights, save_network
from camfolio.results.training import Epoch, PartResult, TrainingResult
from camfolio.study.settings import Network, Training

PARTS = {"training": "train", "validation": "validation"}


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    network: Network,
    training: Training,
    seed: int,
    checkpoint: Path | None = None,
) -> None:
    """Write `network.safetensors`, `TrainingResult` and, if the network can be exported and the file reproduces its logits, `network.onnx`.

    Args:
        out: gets the files.
        slices: folder of that stage.
        split: folder of that stage.
        network: section of the study.
        training: section of the study.
        seed: of weights, order and augmentation.
        checkpoint: loaded instead of training; then the history is empty.

    Raises:
        DataError: if all training slices are of one class.
    """
    torch.set_num_threads(training.threads)
    pl.seed_everything(seed, verbose=False)
    model = build_network(network)
    trained = Trained([], None, [])
    history: list[Epoch] = []
    if checkpoint:
        load_weights(model, checkpoint)
    else:
        loading = SliceLoading(
            Slices.load(slices / "slices.npz"),
            np.load(split / "part.npy", allow_pickle=False),
            batch_size=training.batch_size,
            seed=seed,
        )
        if one_class(loading, "train"):
            msg = (
                "Expected training slices of both classes, but got one class. Check the labels, or labels.min_readers."
            )
            raise DataError(msg)
        trained = train(model, loading, window_hu=network.window_hu, settings=training, seed=seed)
        without_auc = [name for name, part in PARTS.items() if one_class(loading, part)]
        history = [epoch_result(row, without_auc) for row in trained.history]
    save_network(model, out / "network.safetensors")
    image = through_window(torch.from_numpy(Slices.load(slices / "slices.npz").hounsfield[:1]), network.window_hu)
    not_exported = write_onnx(model.cpu().eval(), image, out / FILE)
    TrainingResult(
        loaded=checkpoint.name if checkpoint else None,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        best_epoch=trained.best_epoch,
        epochs=len(history),
        history=tuple(history),
        contiguous=tuple(trained.contiguous),
        not_exported=not_exported,
    ).write(out)


def epoch_result(row: Mapping[str, float], without_auc: Sequence[str]) -> Epoch:
    """One epoch as Lightning logged it: `PART/loss`, `PART/accuracy`, `PART/auc`; values that are not finite are None."""

    def part(name: str) -> PartResult:
        values = {metric: row[f"{name}/{metric}"] for metric in PartResult.model_fields}
        defined = {metric: value for metric, value in values.items() if math.isfinite(value)}
        absent = {"auc": None} if name in without_auc else {}
        return PartResult.model_validate(dict.fromkeys(values) | defined | absent)

    return Epoch(training=part("training"), validation=part("validation"))


def one_class(loading: SliceLoading, part: str) -> bool:
    """Whether all slices of a part are of one class, so that no AUC is defined on it."""
    return len(set(loading.parts[part].tensors[1].tolist())) < 2  # noqa: PLR2004 - both classes
