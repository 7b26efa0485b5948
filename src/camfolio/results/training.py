"""`training.json`: how the network was trained, or which file its weights were loaded from."""

from __future__ import annotations

from typing import ClassVar

from camfolio.results.result import Count, Number, Result, ResultFile, Share


class PartResult(Result):
    """Loss and metrics on one part of the slices; None where not defined, such as an AUC on slices of one class."""

    loss: Number | None
    """Mean cross-entropy."""
    accuracy: Share | None
    """Share of slices whose predicted class is the label."""
    auc: Number | None
    """Area under the ROC curve."""


class Epoch(Result):
    """One epoch of a training."""

    training: PartResult
    """On augmented slices, while the weights are updated."""
    validation: PartResult
    """On slices without augmentation, with the weights at the end of the epoch."""


class TrainingResult(ResultFile):
    """How the network was trained, or which file its weights were loaded from."""

    FILE: ClassVar[str] = "training.json"

    loaded: str | None
    """Name of the file of loaded weights; None if the network was trained."""
    parameters: Count
    """Number of parameters of the network."""
    best_epoch: Count | None
    """The epoch, from 1, with the lowest validation loss, whose weights are used; None if they were loaded."""
    epochs: Count
    """Epochs that were run."""
    history: tuple[Epoch, ...]
    """One entry per epoch; empty if the weights were loaded."""
    contiguous: tuple[str, ...] = ()
    """Convolutions whose gradients were computed on contiguous copies."""
    not_exported: str = ""
    """Reason why there is no `network.onnx`; empty if there is one."""

    @property
    def first(self) -> Epoch:
        """The first epoch."""
        return self.history[0]

    @property
    def best(self) -> Epoch:
        """The epoch whose weights are used."""
        return self.history[(self.best_epoch or 1) - 1]
