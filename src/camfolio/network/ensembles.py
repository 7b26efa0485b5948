"""Ensembles: several networks of one kind whose probabilities are averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """The mean of the members' probabilities (Lakshminarayanan et al. 2017, arXiv:1612.01474), as logits.

    Args:
        members: from images to logits (batch, classes).
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, images: Tensor) -> Tensor:
        """Logarithms of the mean probabilities, whose softmax they are."""
        logarithms = torch.stack([member(images).log_softmax(1) for member in self.members])
        return logarithms.logsumexp(0) - math.log(len(self.members))


def together(members: Sequence[nn.Module]) -> nn.Module:
    """The ensemble of several networks; a single one is itself."""
    return members[0] if len(members) == 1 else Ensemble(members)


def members_of(network: nn.Module) -> tuple[nn.Module, ...]:
    """The networks of an ensemble; any other network is its only member."""
    return tuple(network.members) if isinstance(network, Ensemble) else (network,)
