"""Layouts of a layer's output: channels first, channels last, or tokens of a grid, read as cells and written back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Reshape = Literal["channels_last", "tokens"]
MOST_CLASS_TOKENS = 16
"""Leading tokens up to which `layouts_of_shape` looks for a grid."""


@dataclass(frozen=True)
class Layout:
    """How the output of a layer holds its cells.

    Attributes:
        reshape: `channels_last` for (batch, rows, columns, channels), as in Swin transformers; `tokens` for (batch, tokens,
            channels), one token per cell, row by row, as in vision transformers; None for (batch, channels, rows, columns).
        class_tokens: leading tokens that are no cells: class tokens and registers. They stay what they are.
    """

    reshape: Reshape | None = None
    class_tokens: int = 0

    @property
    def words(self) -> str:
        """The output's axes.

        >>> Layout("tokens", 1).words
        '(batch, tokens, channels), a grid after 1 class token'
        """
        if self.reshape == "tokens":
            count = f"{self.class_tokens} class token{'' if self.class_tokens == 1 else 's'}"
            return f"(batch, tokens, channels), a grid after {count}"
        return "(batch, rows, columns, channels)" if self.reshape else "(batch, channels, rows, columns)"

    @property
    def setting(self) -> str:
        """What to write in a study or in a call.

        >>> Layout("tokens", 1).setting, Layout().setting
        ('Set reshape to tokens and class_tokens to 1.', 'Leave reshape out.')
        """
        if self.reshape is None:
            return "Leave reshape out."
        return (
            f"Set reshape to {self.reshape}{f' and class_tokens to {self.class_tokens}' if self.class_tokens else ''}."
        )

    def grid(self, shape: tuple[int, ...], pixels: tuple[int, int]) -> tuple[int, int] | None:
        """Rows and columns of the cells of an output; None if its shape is not of this layout.

        Tokens are cells of square patches, so that their grid has the image's proportions.

        Args:
            shape: of the output.
            pixels: rows and columns of the image.

        >>> Layout("tokens", 1).grid((1, 65, 192), (32, 32)), Layout("tokens").grid((1, 65, 192), (32, 32))
        ((8, 8), None)
        """
        if len(shape) != (3 if self.reshape == "tokens" else 4):
            return None
        if self.reshape != "tokens":
            return (shape[1], shape[2]) if self.reshape else (shape[2], shape[3])
        tokens = shape[1] - self.class_tokens
        rows = math.isqrt(max(tokens, 0) * pixels[0] // pixels[1])
        columns = rows * pixels[1] // pixels[0]
        return (rows, columns) if tokens > 0 and rows * columns == tokens else None

    def cells(self, output: Tensor, pixels: tuple[int, int]) -> Float[Tensor, "batch channels rows columns"]:
        """The cells of an output for images of so many rows and columns, as a view.

        Raises:
            ValueError: if the output is not of this layout.
        """
        grid = self.grid(tuple(output.shape), pixels)
        if grid is None:
            msg = f"Expected {self.words}, but got shape {tuple(output.shape)}."
            raise ValueError(msg)
        if self.reshape == "tokens":
            return output[:, self.class_tokens :].transpose(1, 2).reshape(len(output), output.shape[2], *grid)
        return output.movedim(3, 1) if self.reshape else output

    def apart(self, output: Tensor) -> Tensor:
        """What an output holds besides its cells: class tokens (batch, class tokens, channels), or nothing."""
        return output[:, : self.class_tokens]

    def output(self, cells: Float[Tensor, "batch channels rows columns"], apart: Tensor) -> Tensor:
        """An output with these cells, in the layer's own layout."""
        if self.reshape == "tokens":
            return torch.cat([apart, cells.flatten(2).transpose(1, 2)], 1)
        return cells.movedim(1, 3).contiguous() if self.reshape else cells


FEATURE_MAPS = Layout()
"""(batch, channels, rows, columns)."""


def layouts_of_shape(shape: tuple[int, ...], pixels: tuple[int, int]) -> Iterator[Layout]:
    """The layouts that an output of this shape can have.

    >>> [layout.words for layout in layouts_of_shape((1, 65, 192), (32, 32))]
    ['(batch, tokens, channels), a grid after 1 class token', '(batch, tokens, channels), a grid after 16 class tokens']
    """
    tokens = (Layout("tokens", count) for count in range(MOST_CLASS_TOKENS + 1))
    for layout in (FEATURE_MAPS, Layout("channels_last"), *tokens):
        if layout.grid(shape, pixels):
            yield layout
