"""User networks with the same weights and probabilities: one logit, the same as a vector, and two."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class OneLogit(nn.Module):
    """A batch norm, a pooling, and one logit (batch, 1) for the second class."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
        )
        self.head = nn.Linear(2 * width, 1)

    def forward(self, images: Tensor) -> Tensor:
        logit: Tensor = self.head(self.features(images).relu().mean((2, 3)))
        return logit


class FlatLogit(OneLogit):
    """The logit as (batch,)."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).squeeze(1)


class TwoLogits(OneLogit):
    """The same prediction as (batch, 2)."""

    def forward(self, images: Tensor) -> Tensor:
        half = super().forward(images) / 2
        return torch.cat([-half, half], 1)


def no_network() -> int:
    """What is no network."""
    return 3
