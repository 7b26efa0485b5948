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
    """On slices without augmentation, with the weights, or their average, at the end of the epoch; of permuted labels on the training slices."""


class TrainingResult(ResultFile):
    """How the network was trained, or which file its weights were loaded from."""

    FILE: ClassVar[str] = "training.json"

    loaded: str | None
    """Name of the file of loaded weights; None if the network was trained."""
    parameters: Count
    """Number of parameters of the network, of an ensemble of one of its networks."""
    members: Count = 1
    """Networks of an ensemble, whose probabilities and maps are averaged."""
    kept_epoch: Count | None
    """The epoch, from 1, after which the weights are used: the one with the lowest validation loss or, of averaged weights, the last; None if they were loaded."""
    averaged: bool = False
    """Whether the weights are their moving average along the training; then they are what is validated, too."""
    epochs: Count
    """Epochs that were run."""
    history: tuple[Epoch, ...]
    """One entry per epoch, of an ensemble's first network; empty if the weights were loaded."""
    contiguous: tuple[str, ...] = ()
    """Convolutions whose gradients were computed on contiguous copies."""
    not_exported: str = ""
    """Reason why there is no `network.onnx`; empty if there is one."""

    @property
    def first(self) -> Epoch:
        """The first epoch."""
        return self.history[0]

    @property
    def kept(self) -> Epoch:
        """The epoch after which the weights are used."""
        return self.history[(self.kept_epoch or 1) - 1]
