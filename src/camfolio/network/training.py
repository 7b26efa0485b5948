"""Training of the network: the LightningModule, the best weights, and the history of epochs."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from jaxtyping import Float32, Int64
from pytorch_lightning.callbacks import Callback, Checkpoint, EarlyStopping, WeightAveraging
from pytorch_lightning.utilities.exceptions import MisconfigurationException  # type: ignore[attr-defined]  # the module does not export it
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import get_ema_multi_avg_fn
from torchmetrics import MetricCollection
from torchmetrics.classification import BinaryAccuracy, BinaryAUROC

from camfolio.data.loading import LabelledSlices, SliceLoading, augment
from camfolio.errors import NetworkError
from camfolio.network.architecture import through_window
from camfolio.network.epochs import EpochProgress
from camfolio.network.last_epoch import DigestNamed, LastEpoch
from camfolio.network.memory_layout import SafeGradients, channels_last
from camfolio.network.rehearsal import check_trainable
from camfolio.study.training import Training

log = logging.getLogger("camfolio")


class Classifier(pl.LightningModule):
    """A network, its window and how it is trained: AdamW, one cycle of the learning rate, augmented slices.

    Args:
        network: from (batch, 1, height, width) to two logits.
        window_hu: lower and upper end of the intensity window, HU.
        settings: the study's `training` section.
        seed: of the generator of the augmentation.
    """

    def __init__(self, network: nn.Module, window_hu: tuple[float, float], settings: Training, seed: int) -> None:
        super().__init__()
        self.network = network
        self.window_hu = window_hu
        self.settings = settings
        self.generator = torch.Generator().manual_seed(seed)
        self.gradients = SafeGradients()
        metrics = MetricCollection({"accuracy": BinaryAccuracy(), "auc": BinaryAUROC()})
        self.training_metrics = metrics.clone(prefix="training/")
        self.validation_metrics = metrics.clone(prefix="validation/")

    def forward(self, hounsfield: Float32[Tensor, "batch height width"]) -> Float32[Tensor, "batch 2"]:
        """Logits of slices in HU."""
        logits: Tensor = self.network(through_window(hounsfield, self.window_hu))
        return logits

    def training_step(self, batch: LabelledSlices, _: int) -> Tensor:
        """Loss of one augmented batch."""
        hounsfield, label = batch
        logits = self(augment(hounsfield, self.settings.augmentation, self.generator))
        self.record(self.training_metrics, logits, label)
        return functional.cross_entropy(logits, label, label_smoothing=self.settings.label_smoothing)

    def backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Lightning's signature
        """The backward pass, with correct gradients on every processor (see `SafeGradients`)."""
        with self.gradients:
            super().backward(loss, *args, **kwargs)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the state of the augmentation, and the weights with gradients from contiguous memory."""
        checkpoint["augmentation"] = self.generator.get_state()
        checkpoint["gradients"] = self.gradients.state(self.network)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore both."""
        self.generator.set_state(checkpoint["augmentation"])
        self.gradients.restore(self.network, checkpoint["gradients"])

    def validation_step(self, batch: LabelledSlices, _: int) -> None:
        """Metrics of one batch without augmentation."""
        hounsfield, label = batch
        self.record(self.validation_metrics, self(hounsfield), label)

    def record(
        self, metrics: MetricCollection, logits: Float32[Tensor, "batch 2"], label: Int64[Tensor, " batch"]
    ) -> None:
        """Add a batch to the epoch's loss (without smoothing), accuracy and AUC of a part."""
        loss = functional.cross_entropy(logits.detach(), label)
        metrics.update(logits.detach().softmax(1)[:, 1], label)
        values: dict[str, Any] = {f"{metrics.prefix}loss": loss, **dict(metrics.items())}
        self.log_dict(values, on_step=False, on_epoch=True, batch_size=len(label))

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's type is a union of ten
        """AdamW; weight decay on weight matrices only, not on biases and norms."""
        decayed = [weight for weight in self.network.parameters() if weight.ndim > 1]
        plain = [weight for weight in self.network.parameters() if weight.ndim <= 1]
        groups = [
            {"params": decayed, "weight_decay": self.settings.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=self.settings.learning_rate)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: one_cycle(step / max(1, steps)))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def one_cycle(progress: float, warm_up: float = 0.25) -> float:
    """The learning rate's factor: up from 0.04 to 1 along a cosine, then down to 0 (Smith & Topin 2018).

    >>> [round(one_cycle(progress), 2) for progress in (0.0, 0.25, 1.0)]
    [0.04, 1.0, 0.0]
    """
    if progress < warm_up:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / warm_up)) / 2
    return (1 + math.cos(math.pi * min(1.0, (progress - warm_up) / (1 - warm_up)))) / 2


class KeptWeights(Callback):
    """Keeps the weights that are validated after one epoch, and the history of all epochs.

    It stands before the averaging of weights among the callbacks, so that it sees the average.

    Args:
        last: whether it is the last epoch with a finite validation loss instead of the one with the lowest.
    """

    def __init__(self, *, last: bool) -> None:
        self.last = last
        self.history: list[dict[str, float]] = []
        self.loss = math.inf
        self.epoch: int | None = None
        self.weights: dict[str, Tensor] = {}

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the weights if the validation loss is the lowest so far, or finite if the last are to be kept."""
        loss = float(trainer.callback_metrics["validation/loss"])
        if not trainer.sanity_checking and loss < (math.inf if self.last else self.loss):
            self.loss, self.epoch = loss, trainer.current_epoch + 1
            weights = pl_module.network.state_dict()  # type: ignore[union-attr]  # a Classifier's network
            self.weights = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Add the epoch to the history."""
        self.history.append({name: float(value) for name, value in trainer.callback_metrics.items()})

    def state_dict(self) -> dict[str, Any]:
        """All of it, for a checkpoint."""
        return {"history": self.history, "loss": self.loss, "epoch": self.epoch, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it back from a checkpoint."""
        self.history, self.loss = state_dict["history"], state_dict["loss"]
        self.epoch, self.weights = state_dict["epoch"], state_dict["weights"]


@dataclass(frozen=True)
class Trained:
    """The result of a training besides the weights.

    Attributes:
        history: one record per epoch: `training/loss`, `training/accuracy`, `training/auc` (augmented slices, while the
            weights change) and the same for `validation` (slices without augmentation).
        kept_epoch: the epoch, from 1 on, after which the weights were kept.
        contiguous: weights whose gradients were computed in contiguous memory; all others in channels-last memory (see
            `memory_layout`).
    """

    history: Sequence[Mapping[str, float]]
    kept_epoch: int | None
    contiguous: Sequence[str]


def train(
    network: nn.Module,
    loading: SliceLoading,
    *,
    window_hu: tuple[float, float],
    settings: Training,
    seed: int,
    fit: float | None = None,
    unfinished: Path | None = None,
) -> Trained:
    """Train a network in place; it then has the averaged weights or, without average, those of the best epoch.

    The same slices, settings, seed, number of threads and processor give bitwise the same weights, also if the training
    was interrupted and goes on.

    Args:
        network: gets the weights.
        loading: slices for training and validation.
        window_hu: lower and upper end of the intensity window, HU.
        settings: the study's `training` section.
        seed: of the augmentation.
        fit: validation accuracy beyond which the training stops, instead of after `patience` epochs; the last epoch's weights are kept.
        unfinished: folder for the state after the last finished epoch, from which the training goes on if it is there.

    Raises:
        NetworkError: if the network has no weights to train or cannot be copied, or no epoch has a finite validation loss.
    """
    check_trainable(network, copied=settings.average > 0)
    epochs = length_in_epochs(settings, loading.batches)
    kept = KeptWeights(last=fit is not None or settings.average > 0)
    callbacks: list[Callback] = [kept, EpochProgress()]
    if settings.average:
        decay = decay_of(settings.average * epochs * loading.batches)
        average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]  # torch does not annotate it
        callbacks.append(WeightAveraging(multi_avg_fn=average))
    if fit is not None:
        callbacks.append(EarlyStopping("validation/accuracy", mode="max", patience=epochs, stopping_threshold=fit))
    elif not settings.average:
        callbacks.append(EarlyStopping("validation/loss", patience=settings.patience))
    classifier = Classifier(network, window_hu, settings, seed)
    last = LastEpoch(unfinished) if unfinished else None
    trainer = make_trainer(settings, epochs, [*callbacks, *([last] if last else [])])
    with warnings.catch_warnings(), unfilled_memory(), channels_last(network):
        # Slices are in memory: more loader workers, as Lightning suggests, would be slower.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*smaller than the logging interval.*")
        # Lightning 2.6 calls a function that torch 2.13 has deprecated.
        warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*", category=FutureWarning)
        start = last.find(trainer) if last else None
        trainer.fit(classifier, loading, ckpt_path=start, weights_only=True)
        contiguous = classifier.gradients.names(network)
    if not kept.weights:
        msg = "Expected a validation loss in at least one epoch, but got NaN or infinity. Lower training.learning_rate."
        raise NetworkError(msg)
    network.load_state_dict(kept.weights)
    network.eval().cpu()
    if contiguous:
        log.info(
            "trained in contiguous memory, since gradients in channels-last memory are wrong: %s", ", ".join(contiguous)
        )
    return Trained(kept.history, kept.epoch, contiguous)


def length_in_epochs(settings: Training, batches: int) -> int:
    """Epochs of a training: those that are asked for, or as many as have all steps.

    >>> length_in_epochs(Training(steps=100), 30), length_in_epochs(Training(max_epochs=2), 30)
    (4, 2)
    """
    return settings.max_epochs or math.ceil(settings.steps / batches)


def decay_of(length: float) -> float:
    """The decay per step of an exponential moving average of so many steps.

    >>> decay_of(100.0), decay_of(0.5)
    (0.99, 0.0)
    """
    return max(0.0, 1 - 1 / length)


@contextmanager
def unfilled_memory() -> Iterator[None]:
    """Context in which torch does not fill new tensors with NaN, its default in deterministic mode.

    Filling detects operations that read uninitialised memory, takes a tenth of a training or more, and changes no result.
    """
    memory: Any = torch.utils.deterministic  # its attributes are set at run time and have no types
    before = memory.fill_uninitialized_memory
    memory.fill_uninitialized_memory = False
    try:
        yield
    finally:
        memory.fill_uninitialized_memory = before


def make_trainer(settings: Training, epochs: int, callbacks: list[Callback]) -> pl.Trainer:
    """Lightning's trainer: any accelerator, deterministic, no files but those of callbacks, no advertising in the log.

    Raises:
        NetworkError: if this computer has no such accelerator.
    """
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)
    try:
        return pl.Trainer(
            accelerator=settings.accelerator,
            devices=1,
            max_epochs=epochs,
            callbacks=callbacks,
            deterministic=True,
            logger=False,
            enable_checkpointing=any(isinstance(callback, Checkpoint) for callback in callbacks),
            plugins=[DigestNamed()],
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
    except MisconfigurationException:
        msg = f"Expected an accelerator of this computer, but got {settings.accelerator!r} for training.accelerator. Use auto or cpu."
        raise NetworkError(msg) from None
