"""The section `training` of a study file: how the network is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from camfolio.study.section import Settings


class Augmentation(Settings):
    """Label-preserving changes of training slices."""

    rotation_degrees: float = Field(180.0, ge=0, le=180, description="largest rotation, in either direction")
    flips: bool = Field(True, description="mirror slices with probability one half")
    shift_pixels: float = Field(3.0, ge=0, le=8, description="largest shift along each axis")
    zoom: float = Field(0.2, ge=0, lt=0.5, description="largest relative change of scale")
    noise_hu: float = Field(40.0, ge=0, le=200, description="largest standard deviation of the added noise")

    @property
    def is_active(self) -> bool:
        """Whether any change is switched on."""
        return any(self.model_dump().values())


class Training(Settings):
    """How the network is trained; with `network.checkpoint` nothing is trained."""

    steps: int = Field(
        400,
        ge=1,
        le=1_000_000,
        description="length of the training in batches, rounded up to whole epochs; the learning rate schedule spans it",
    )
    max_epochs: int | None = Field(
        None, ge=1, le=1000, description="length of the training in epochs, instead of steps"
    )
    average: float = Field(
        0.1,
        ge=0,
        le=1,
        description="length of the moving average of the weights, as a share of the training; the average is validated and "
        "kept. 0: none, and the weights of the epoch with the lowest validation loss are kept",
    )
    ensemble: int = Field(
        5,
        ge=1,
        le=50,
        description="networks that are trained with different seeds; probabilities and maps are averaged. 1: a single network",
    )
    patience: int = Field(
        15, ge=1, description="epochs without a lower validation loss before a training without average stops"
    )
    batch_size: int = Field(32, ge=2, le=4096, description="slices per step")
    learning_rate: float = Field(2e-3, gt=0, le=1, description="maximum of the one-cycle schedule")
    weight_decay: float = Field(0.05, ge=0, le=1, description="of weight matrices; not applied to biases and norms")
    label_smoothing: float = Field(
        0.0, ge=0, lt=0.5, description="probability mass moved from each label to the other class"
    )
    accelerator: Literal["auto", "cpu", "gpu", "mps"] = Field("auto", description="device to train on")
    threads: int = Field(
        1, ge=1, le=64, description="of torch in one stage; another number gives slightly different weights"
    )
    augmentation: Augmentation = Field(Augmentation(), description="random changes of training slices")
