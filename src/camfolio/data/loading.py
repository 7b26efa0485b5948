"""Loading of slices: the LightningDataModule, and label-preserving augmentation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from camfolio.data.slices import Slices
from camfolio.shapes import Names
from camfolio.study.training import Augmentation

LabelledSlices = Sequence[Tensor]
"""Attenuation and labels of one batch."""


class SliceLoading(pl.LightningDataModule):
    """Batches of (HU float32 (batch, height, width), label int64 (batch,)) for each part.

    Training batches are shuffled by a separate generator, so that the order depends on the seed alone; the last,
    incomplete one is dropped (batch norm fails on a batch of one). There are no worker processes: the slices are in
    memory, and the workers' random states would make results depend on their number.

    Args:
        slices: of all parts.
        part: of each slice: `train`, `validation` or `test`; slices of other parts are not used.
        batch_size: of training.
        seed: of the order of training.
        validated: the part that is looked at after each epoch; the training part, where labels are to be memorised.
    """

    def __init__(
        self, slices: Slices, part: Names, *, batch_size: int, seed: int, validated: str = "validation"
    ) -> None:
        super().__init__()
        self.validated = validated
        self.batch_size = batch_size
        self.start = torch.Generator().manual_seed(seed).get_state()
        self.order = torch.Generator()
        self.parts = {name: tensors(slices.select(part == name)) for name in ("train", "validation", "test")}

    def train_dataloader(self) -> DataLoader[LabelledSlices]:
        """Shuffled, complete batches; each call begins with the same order."""
        self.order = torch.Generator()
        self.order.set_state(self.start)
        train = self.parts["train"]
        return DataLoader(train, self.size, shuffle=True, drop_last=True, generator=self.order)

    @property
    def size(self) -> int:
        """Slices of a training batch."""
        return min(self.batch_size, len(self.parts["train"]))

    @property
    def batches(self) -> int:
        """Training batches per epoch."""
        return len(self.parts["train"]) // self.size

    def state_dict(self) -> dict[str, Any]:
        """The state that the order of the next epoch is drawn from, for a checkpoint."""
        return {"order": self.order.get_state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Begin with the order that a checkpoint would have gone on with."""
        self.start = state_dict["order"]

    def val_dataloader(self) -> DataLoader[LabelledSlices]:
        """Slices of the validated part, not shuffled."""
        return DataLoader(self.parts[self.validated], 256)

    def test_dataloader(self) -> DataLoader[LabelledSlices]:
        """Test slices, not shuffled."""
        return DataLoader(self.parts["test"], 256)


def tensors(slices: Slices) -> TensorDataset:
    """Attenuation and labels as a TensorDataset."""
    return TensorDataset(torch.from_numpy(slices.hounsfield), torch.from_numpy(slices.label))


def augment(
    hounsfield: Float32[Tensor, "batch height width"], settings: Augmentation, generator: torch.Generator
) -> Float32[Tensor, "batch height width"]:
    """Each slice rotated, mirrored, shifted and zoomed at random, with noise added; a single interpolation.

    Malignancy does not depend on orientation, so any rotation and mirroring is allowed. Shifts and zoom are small: the
    nodule must remain in view, and its size is a cue. Pixels from outside the slice are its reflection. The standard
    deviation of the noise is drawn for every slice, from 0 to its limit.

    Args:
        hounsfield: HU.
        settings: the ranges.
        generator: the only source of randomness, on the CPU.
    """
    count, height, width = hounsfield.shape
    theta = random_affine(count, (height, width), settings, generator).to(hounsfield.device)
    grid = functional.affine_grid(theta, [count, 1, height, width], align_corners=False)
    transformed = functional.grid_sample(hounsfield.unsqueeze(1), grid, padding_mode="reflection", align_corners=False)
    noise = torch.rand(count, 1, 1, generator=generator) * settings.noise_hu
    grain = torch.randn(count, height, width, generator=generator)
    return transformed.squeeze(1) + (grain * noise).to(hounsfield.device)


def random_affine(
    count: int, size: tuple[int, int], settings: Augmentation, generator: torch.Generator
) -> Float32[Tensor, "count 2 3"]:
    """Random 2x3 matrices in the coordinates of `affine_grid`: -1 to 1 from border to border."""

    def uniform(limit: float, *shape: int) -> Tensor:
        return (torch.rand(shape, generator=generator) * 2 - 1) * limit

    angle = uniform(math.radians(settings.rotation_degrees), count)
    scale = 1 + uniform(settings.zoom, count)
    flip = torch.where(torch.rand(count, generator=generator) < (0.5 if settings.flips else 0.0), -1.0, 1.0)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift = uniform(settings.shift_pixels, count, 2) * 2 / torch.tensor([size[1], size[0]])
    aspect = size[0] / size[1]  # the coordinates are stretched to a square, a rotation is not
    rows = torch.stack([cosine * flip, -sine * aspect, sine * flip / aspect, cosine], dim=1).view(count, 2, 2)
    return torch.cat([rows, shift.unsqueeze(2)], dim=2)
