"""Stage `training`: train or load weights, and export the network to ONNX where possible."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from torch import nn

from camfolio.data.loading import SliceLoading
from camfolio.data.slices import Slices
from camfolio.errors import DataError
from camfolio.network.architecture import build_network, through_window
from camfolio.network.onnx import FILE, write_onnx
from camfolio.network.rehearsal import rehearse
from camfolio.network.trained import member_file
from camfolio.network.training import Trained, train
from camfolio.network.weights import load_weights, save_network
from camfolio.results.training import Epoch, PartResult, TrainingResult
from camfolio.shapes import Names
from camfolio.study.settings import Network
from camfolio.study.training import Training


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    network: Network,
    training: Training,
    seed: int,
    fit: float | None = None,
    exported: bool = True,
    checkpoint: Path | None = None,
    unfinished: Path | None = None,
) -> None:
    """Write `network.safetensors`, `TrainingResult` and, if the network can be exported and the file reproduces its logits, `network.onnx`.

    Args:
        out: gets the files.
        slices: folder of that stage.
        split: folder of that stage.
        network: section of the study.
        training: section of the study.
        seed: of weights, order and augmentation.
        fit: accuracy on the training slices beyond which training stops, for labels that are memorised; the training slices
            then take the place of those for validation.
        exported: whether `network.onnx` is written; an ensemble exports its networks together.
        checkpoint: loaded instead of training; then the history is empty.
        unfinished: folder for the state after the last finished epoch, from which an interrupted training goes on.

    Raises:
        DataError: if all training slices are of one class.
        NetworkError: if the network cannot be trained or saved, or does not always give the same answers.
    """
    torch.set_num_threads(training.threads)
    data = Slices.load(slices / "slices.npz")
    image = through_window(torch.from_numpy(data.hounsfield[:1]), network.window_hu)
    rehearse(partial(build_network, network), image, out / member_file(0))
    parts = Parts(data, np.load(split / "part.npy", allow_pickle=False), "validation" if fit is None else "train")
    model = seeded_network(network, seed)
    if checkpoint:
        load_weights(model, checkpoint)
        trained = Trained([], None, [])
    else:
        trained = train_network(model, parts, network, training, seed=seed, fit=fit, unfinished=unfinished)
    model = model.cpu().eval()
    save_network(model, out / member_file(0))
    not_exported = write_onnx(model, image, out / FILE) if exported else ""
    without_auc = [name for name, part in parts.names.items() if parts.one_class(part)]
    TrainingResult(
        loaded=checkpoint.name if checkpoint else None,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        kept_epoch=trained.kept_epoch,
        averaged=not checkpoint and fit is None and training.average > 0,
        epochs=len(trained.history),
        history=tuple(epoch_result(row, without_auc) for row in trained.history),
        contiguous=tuple(trained.contiguous),
        not_exported=not_exported,
    ).write(out)


@dataclass(frozen=True)
class Parts:
    """The slices of all parts, and the part that is looked at after each epoch."""

    slices: Slices
    part: Names
    validated: str

    @property
    def names(self) -> dict[str, str]:
        """Name in the history -> part."""
        return {"training": "train", "validation": self.validated}

    def one_class(self, part: str) -> bool:
        """Whether all slices of a part are of one class, so that no AUC is defined on it."""
        return len(set(self.slices.label[self.part == part].tolist())) < 2  # noqa: PLR2004 - both classes


def train_network(
    model: nn.Module,
    parts: Parts,
    network: Network,
    training: Training,
    *,
    seed: int,
    fit: float | None,
    unfinished: Path | None,
) -> Trained:
    """Train a network in place; the other arguments are those of the stage.

    Raises:
        DataError: if all training slices are of one class.
    """
    if parts.one_class("train"):
        msg = "Expected training slices of both classes, but got one class. Check the labels, or labels.min_readers."
        raise DataError(msg)
    loading = SliceLoading(
        parts.slices, parts.part, batch_size=training.batch_size, seed=seed, validated=parts.validated
    )
    return train(
        model, loading, window_hu=network.window_hu, settings=training, seed=seed, fit=fit, unfinished=unfinished
    )


def seeded_network(network: Network, seed: int) -> nn.Module:
    """The network of a study with the initial weights of a seed, which also sets all global random generators."""
    pl.seed_everything(seed, verbose=False)
    return build_network(network)


def epoch_result(row: Mapping[str, float], without_auc: Sequence[str]) -> Epoch:
    """One epoch as Lightning logged it: `PART/loss`, `PART/accuracy`, `PART/auc`; values that are not finite are None."""

    def part(name: str) -> PartResult:
        values = {metric: row[f"{name}/{metric}"] for metric in PartResult.model_fields}
        defined = {metric: value for metric, value in values.items() if math.isfinite(value)}
        absent = {"auc": None} if name in without_auc else {}
        return PartResult.model_validate(dict.fromkeys(values) | defined | absent)

    return Epoch(training=part("training"), validation=part("validation"))
