"""The state of a training after its last finished epoch, in a file, so that an interrupted training can go on."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.plugins.io import TorchCheckpointIO

log = logging.getLogger("camfolio")
SUFFIX = ".ckpt"
STATE = "last_epoch"
"""Key of this module's state in a checkpoint of Lightning."""


class DigestNamed(TorchCheckpointIO):
    """Reading and writing of checkpoints: a file is named by the SHA-256 of its bytes and is the only one of its folder."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:  # noqa: ANN401, ARG002 - Lightning's signature
        """Write a checkpoint to a folder, aside and renamed; then delete the others in it."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        name = hashlib.sha256(content.getbuffer()).hexdigest()
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f"{name}.part"
        with aside.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())  # before the others are deleted
        aside.replace(folder / (name + SUFFIX))
        for other in folder.iterdir():
            if other.stem != name:
                other.unlink()

    def load_checkpoint(self, path: str | Path, map_location: Any = None, weights_only: bool | None = True) -> Any:  # noqa: ANN401, ARG002 - Lightning's signature
        """A checkpoint, with all tensors on the CPU; only tensors and plain values are unpickled."""
        return torch.load(path, map_location="cpu", weights_only=True)


class LastEpoch(Checkpoint):
    """Writes the whole state of a training at the end of every epoch, and restores what Lightning does not.

    That is the state of all global random generators, and whether early stopping has ended the training. It runs after
    all other callbacks, as each `Checkpoint` of Lightning does, so that their states include the epoch.

    Args:
        folder: holds the file; nothing else is in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.random: Mapping[str, Any] = {}

    def find(self, trainer: pl.Trainer) -> Path | None:
        """The file to go on from; None if there is none, or none that is whole and from the same kind of device.

        A file that cannot be used is reported.
        """
        found = None
        for file in sorted(self.folder.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime_ns):
            problem = problem_of(file, device_name(trainer))
            if problem:
                log.warning("Expected the state after an epoch, but got %s in %s. It is ignored.", problem, file)
            found = found if problem else file
        return found

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Write the file."""
        trainer.save_checkpoint(self.folder, weights_only=False)

    def on_save_checkpoint(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,  # noqa: ARG002 - Lightning's signature
        checkpoint: dict[str, Any],
    ) -> None:
        """Add what Lightning's checkpoint lacks."""
        checkpoint[STATE] = {
            "epoch": trainer.current_epoch + 1,
            "device": device_name(trainer),
            "stopped": trainer.should_stop,
            "random": random_states(trainer.strategy.root_device),
        }

    def on_load_checkpoint(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,  # noqa: ARG002 - Lightning's signature
        checkpoint: dict[str, Any],
    ) -> None:
        """Take it back."""
        state = checkpoint[STATE]
        self.random = state["random"]
        trainer.should_stop = state["stopped"]
        log.info("training goes on after epoch %d of %d", state["epoch"], trainer.max_epochs)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Restore the random generators: from here to the first batch nothing is drawn from them."""
        if self.random:
            restore_random_states(self.random, trainer.strategy.root_device)


def problem_of(file: Path, device: str) -> str:
    """Why a training on this device cannot go on from a file, in words; empty if it can."""
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != file.stem:
        return "other bytes"
    try:
        checkpoint = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - torch's unpickler fails in a dozen ways, here on the state of a user's network
        return f"{type(error).__name__} when it is read"
    other = checkpoint[STATE]["device"]
    return "" if other == device else f"that of a training on {other}, not {device},"


def device_name(trainer: pl.Trainer) -> str:
    """The kind of device that a training runs on, such as `cpu` or `cuda NVIDIA H200`."""
    device = trainer.strategy.root_device
    return f"cuda {torch.cuda.get_device_name(device)}" if device.type == "cuda" else device.type


def random_states(device: torch.device) -> dict[str, Any]:
    """States of all global random generators, as tensors and plain values.

    Args:
        device: of the training; the state of its own generator is included.
    """
    kind, keys, *others = np.random.get_state()  # noqa: NPY002 - user code may draw from the global generator
    return {
        "torch": torch.get_rng_state(),
        "device": None if device.type == "cpu" else torch.get_device_module(device).get_rng_state(),
        "numpy": (kind, np.asarray(keys).tolist(), *others),
        "python": random.getstate(),
    }


def restore_random_states(states: Mapping[str, Any], device: torch.device) -> None:
    """Set all global random generators to states of `random_states`."""
    torch.set_rng_state(states["torch"])
    if states["device"] is not None:
        torch.get_device_module(device).set_rng_state(states["device"])
    np.random.set_state(states["numpy"])  # noqa: NPY002 - as above
    random.setstate(states["python"])
