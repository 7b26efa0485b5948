"""Training of the network: the LightningModule, the best weights, and the history of epochs."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
import torch
from jaxtyping import Float32, Int64
from pytorch_lightning.callbacks import Callback, EarlyStopping
from pytorch_lightning.utilities.exceptions import MisconfigurationException  # type: ignore[attr-defined]  # the module does not export it
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics import MetricCollection
from torchmetrics.classification import BinaryAccuracy, BinaryAUROC

from camfolio.data.loading import LabelledSlices, SliceLoading, augment
from camfolio.errors import NetworkError
from camfolio.network.architecture import through_window
from camfolio.network.epochs import EpochProgress
from camfolio.network.memory_layout import SafeGradients, channels_last
from camfolio.study.settings import Training

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


class BestWeights(Callback):
    """Keeps the weights of the epoch with the lowest validation loss, and the history of all epochs."""

    def __init__(self) -> None:
        self.history: list[dict[str, float]] = []
        self.loss = math.inf
        self.epoch: int | None = None
        self.weights: dict[str, Tensor] = {}

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the weights if the validation loss is the lowest so far."""
        loss = float(trainer.callback_metrics["validation/loss"])
        if not trainer.sanity_checking and loss < self.loss:
            self.loss, self.epoch = loss, trainer.current_epoch + 1
            weights = pl_module.network.state_dict()  # type: ignore[union-attr]  # a Classifier's network
            self.weights = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Add the epoch to the history."""
        self.history.append({name: float(value) for name, value in trainer.callback_metrics.items()})


@dataclass(frozen=True)
class Trained:
    """The result of a training besides the weights.

    Attributes:
        history: one record per epoch: `training/loss`, `training/accuracy`, `training/auc` (augmented slices, while the
            weights change) and the same for `validation` (slices without augmentation).
        best_epoch: the epoch, from 1 on, whose weights were kept.
        contiguous: weights whose gradients were computed in contiguous memory; all others in channels-last memory (see
            `memory_layout`).
    """

    history: Sequence[Mapping[str, float]]
    best_epoch: int | None
    contiguous: Sequence[str]


def train(
    network: nn.Module, loading: SliceLoading, *, window_hu: tuple[float, float], settings: Training, seed: int
) -> Trained:
    """Train a network in place; it then has the weights of the best epoch.

    The same slices, settings, seed, number of threads and processor give bitwise the same weights.

    Raises:
        NetworkError: if no epoch has a finite validation loss.
    """
    best = BestWeights()
    stopping = EarlyStopping("validation/loss", patience=settings.patience)
    classifier = Classifier(network, window_hu, settings, seed)
    trainer = make_trainer(settings, [best, stopping, EpochProgress()])
    with warnings.catch_warnings(), unfilled_memory(), channels_last(network):
        # Slices are in memory: more loader workers, as Lightning suggests, would be slower.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*smaller than the logging interval.*")
        # Lightning 2.6 calls a function that torch 2.13 has deprecated.
        warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*", category=FutureWarning)
        trainer.fit(classifier, loading)
        contiguous = classifier.gradients.names(network)
    if not best.weights:
        msg = "Expected a validation loss in at least one epoch, but got NaN or infinity. Lower training.learning_rate."
        raise NetworkError(msg)
    network.load_state_dict(best.weights)
    network.eval().cpu()
    if contiguous:
        log.info(
            "trained in contiguous memory, since gradients in channels-last memory are wrong: %s", ", ".join(contiguous)
        )
    return Trained(best.history, best.epoch, contiguous)


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


def make_trainer(settings: Training, callbacks: list[Callback]) -> pl.Trainer:
    """Lightning's trainer: any accelerator, deterministic, no files written, no advertising in the log.

    Raises:
        NetworkError: if this computer has no such accelerator.
    """
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)
    try:
        return pl.Trainer(
            accelerator=settings.accelerator,
            devices=1,
            max_epochs=settings.max_epochs,
            callbacks=callbacks,
            deterministic=True,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
    except MisconfigurationException:
        msg = f"Expected an accelerator of this computer, but got {settings.accelerator!r} for training.accelerator. Use auto or cpu."
        raise NetworkError(msg) from None
