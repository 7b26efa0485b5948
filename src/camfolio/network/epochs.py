"""Reports the progress of a training: the share of its steps after each batch, the validation metrics after each epoch."""

from __future__ import annotations

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from camfolio.progress import report


class EpochProgress(Callback):
    """Reports progress; the total is `max_epochs`, which early stopping may not reach."""

    def __init__(self) -> None:
        self.words = ""

    def on_train_batch_end(self, trainer: pl.Trainer, *_: object) -> None:
        """Report the share of all steps."""
        report(trainer.global_step / max(1, int(trainer.estimated_stepping_batches)), self.words)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Report loss and AUC of the validation."""
        values = {
            name.partition("/")[2]: float(value) for name, value in trainer.callback_metrics.items() if "val" in name
        }
        epochs = f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}"
        self.words = f"{epochs}, validation loss {values['loss']:.3f}, AUC {values['auc']:.3f}"
        self.on_train_batch_end(trainer)
