"""User networks: of the same weights and probabilities, with one logit, the same as a vector, and two; and transformers."""

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


class TinyVit(nn.Module):
    """A vision transformer: patches of 4 pixels, a class token, two blocks; the class token decides."""

    def __init__(self, width: int = 6, size: int = 16) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, width, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, width) / 2)
        self.places = nn.Parameter(torch.randn(1, (size // 4) ** 2 + 1, width) / 2)
        layers = [nn.TransformerEncoderLayer(width, 2, 2 * width, batch_first=True, norm_first=True) for _ in range(2)]
        self.blocks = nn.Sequential(*layers)
        self.head = nn.Linear(width, 2)

    def forward(self, images: Tensor) -> Tensor:
        cells = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(cells), -1, -1), cells], 1) + self.places
        logits: Tensor = self.head(self.blocks(tokens)[:, 0])
        return logits


class WindowBlock(nn.Module):
    """A block as in Swin transformers: attention in windows of 2 x 2 cells, shifted or not; channels last."""

    def __init__(self, width: int, shift: int) -> None:
        super().__init__()
        self.shift = shift
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, cells: Tensor) -> Tensor:
        batch, rows, columns, width = cells.shape
        shifted = torch.roll(self.norm(cells), (-self.shift, -self.shift), (1, 2))
        windows = shifted.reshape(batch, rows // 2, 2, columns // 2, 2, width).transpose(2, 3).reshape(-1, 4, width)
        seen = self.attention(windows, windows, windows, need_weights=False)[0]
        seen = seen.reshape(batch, rows // 2, columns // 2, 2, 2, width).transpose(2, 3).reshape(cells.shape)
        cells = cells + torch.roll(seen, (self.shift, self.shift), (1, 2))
        return cells + self.mlp(cells)


class TinySwin(nn.Module):
    """Two blocks of attention in windows, (batch, rows, columns, channels), and their mean."""

    def __init__(self, width: int = 6) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, width, 4, 4)
        self.blocks = nn.Sequential(WindowBlock(width, 0), WindowBlock(width, 1))
        self.head = nn.Linear(width, 2)

    def forward(self, images: Tensor) -> Tensor:
        cells = self.blocks(self.patches(images).movedim(1, 3))
        logits: Tensor = self.head(cells.tanh().mean((1, 2)))
        return logits


def no_network() -> int:
    """What is no network."""
    return 3
