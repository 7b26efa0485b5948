"""Progress of a training: a bar on a terminal, else one line per epoch in the log."""

from __future__ import annotations

import logging

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from camfolio.progress import make_bar

log = logging.getLogger("camfolio")


class EpochProgress(Callback):
    """Shows the progress of a training: one step of the bar per batch, the validation metrics per epoch."""

    def __init__(self) -> None:
        self.bar = make_bar()
        self.task = self.bar.add_task("training")

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Start the bar; its total is `max_epochs`, which early stopping may not reach."""
        self.bar.update(self.task, total=int(trainer.estimated_stepping_batches))
        self.bar.start()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: object) -> None:
        """Advance the bar."""
        self.bar.update(self.task, completed=trainer.global_step)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Show loss and AUC of the validation."""
        values = {
            name.partition("/")[2]: float(value) for name, value in trainer.callback_metrics.items() if "val" in name
        }
        text = f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}, validation loss {values['loss']:.3f}, AUC {values['auc']:.3f}"
        self.bar.update(self.task, description=text)
        if self.bar.disable:
            log.info(text)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:  # noqa: ARG002 - Lightning's signature
        """Remove the bar, also after an exception."""
        self.bar.stop()
