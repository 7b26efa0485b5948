"""What a study can say: frozen, validated settings. Values only; reading the file is `studyfile`'s work.

Every number has its range here and its unit in its name or its description. A setting becomes part of the key of
every stage that receives it, so this module is left out of the stages' code digests (see `store.code`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Method = Literal["grad_cam", "hires_cam", "score_cam"]
Text = Annotated[str, Field(min_length=1)]


class Settings(BaseModel):
    """Base of all sections: immutable, strict about types, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class PhantomData(Settings):
    """The embedded default: contours and ratings that LIDC's radiologists drew, simulated attenuation."""

    source: Literal["lidc-phantom"]
    slices_per_nodule: int = Field(3, ge=1, le=9)
    size: int = Field(32, ge=16, le=128, description="pixels along each side")
    spacing_mm: float = Field(1.0, ge=0.3, le=3.0, description="mm per pixel")


class NpzData(Settings):
    """Slices from one npz file with the arrays image, label, mask, patient and spacing_xyz."""

    source: Literal["npz"]
    path: Annotated[Path, Field(strict=False)]
    spacing_mm: float | None = Field(None, ge=0.3, le=3.0, description="resample to mm per pixel; as stored if absent")


Data = Annotated[PhantomData | NpzData, Field(discriminator="source")]


class LabelRule(Settings):
    """How readers' malignancy ratings (1 to 5) become a label; exactly 3 is excluded. Used by sources with ratings."""

    statistic: Literal["median", "mean"] = "median"
    min_readers: int = Field(3, ge=1, le=4)


class Split(Settings):
    """Shares of the slices, by patient; they add up to 1."""

    train: float = Field(0.70, gt=0, lt=1)
    validation: float = Field(0.15, gt=0, lt=1)
    test: float = Field(0.15, gt=0, lt=1)

    @model_validator(mode="after")
    def adds_up(self) -> Split:
        """The three shares cover everything exactly once."""
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-6:
            msg = f"shares that add up to 1, but got {total:g}"
            raise ValueError(msg)
        return self


class Network(Settings):
    """A residual network for small slices and what it receives."""

    width: int = Field(16, ge=4, le=128, description="channels of the first block")
    blocks: Annotated[tuple[int, int, int, int], Field(strict=False)] = (2, 2, 2, 2)
    window_hu: Annotated[tuple[float, float], Field(strict=False)] = (-1000.0, 400.0)
    dropout: float = Field(0.0, ge=0, lt=1)
    checkpoint: Annotated[Path, Field(strict=False)] | None = None

    @model_validator(mode="after")
    def window_is_ordered(self) -> Network:
        """The lower end of the window lies below the upper one."""
        if self.window_hu[0] >= self.window_hu[1]:
            msg = f"a window_hu that rises, but got {list(self.window_hu)}"
            raise ValueError(msg)
        if min(self.blocks) < 1:
            msg = f"at least one block per layer, but got {list(self.blocks)}"
            raise ValueError(msg)
        return self


class Augmentation(Settings):
    """Changes that leave a nodule what it is."""

    rotation_degrees: float = Field(180.0, ge=0, le=180)
    flips: bool = True
    shift_pixels: float = Field(2.0, ge=0, le=8)
    zoom: float = Field(0.1, ge=0, lt=0.5, description="largest relative change of scale")
    noise_hu: float = Field(20.0, ge=0, le=200, description="standard deviation of the added noise")


class Training(Settings):
    """How the network is trained; with `network.checkpoint` nothing is trained."""

    max_epochs: int = Field(30, ge=1, le=1000)
    patience: int = Field(10, ge=1, description="epochs without a better validation loss before it stops")
    batch_size: int = Field(64, ge=2, le=4096)
    learning_rate: float = Field(3e-3, gt=0, le=1)
    weight_decay: float = Field(0.05, ge=0, le=1)
    label_smoothing: float = Field(0.05, ge=0, lt=0.5)
    ema_decay: float = Field(0.99, ge=0, lt=1, description="moving average of the weights; 0: none")
    accelerator: Literal["auto", "cpu", "gpu", "mps"] = "auto"
    threads: int = Field(2, ge=1, le=64)
    augmentation: Augmentation = Augmentation()


class Evaluation(Settings):
    """How certain the numbers are."""

    resamples: int = Field(1000, ge=100, le=100_000, description="bootstrap resamples of patients")
    calibration_bins: int = Field(10, ge=2, le=50)


class Explanation(Settings):
    """Which maps, at which layer, for which answer."""

    layer: Text = "layer2.1.conv2"
    methods: Annotated[tuple[Method, ...], Field(strict=False, min_length=1)] = ("grad_cam", "hires_cam", "score_cam")
    target: Literal["predicted", "true"] = "predicted"

    @model_validator(mode="after")
    def methods_are_unique(self) -> Explanation:
        """No method is named twice."""
        if len(set(self.methods)) < len(self.methods):
            msg = f"every method once, but got {list(self.methods)}"
            raise ValueError(msg)
        return self


class Selection(Settings):
    """Which number makes an example good or bad."""

    score: Literal["energy_share", "energy_ratio"] = "energy_share"


class Study(Settings):
    """Everything a portfolio is made from."""

    title: Text
    excerpt: Text
    label: str = ""
    author: str = ""
    classes: Annotated[tuple[Text, Text], Field(strict=False)] = ("benign", "malignant")
    seed: int = Field(0, ge=0, lt=2**32)
    data: Data
    labels: LabelRule = LabelRule()
    split: Split = Split()
    network: Network = Network()
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    explanation: Explanation = Explanation()
    selection: Selection = Selection()

    @model_validator(mode="after")
    def classes_differ(self) -> Study:
        """Two classes need two names."""
        if self.classes[0] == self.classes[1]:
            msg = f"two different classes, but got {self.classes[0]!r} twice"
            raise ValueError(msg)
        return self
