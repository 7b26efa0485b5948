"""Maps of an ensemble: the mean of its members' maps, and their disagreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from camfolio.explanation.maps import Explanation


def averaged(members: Sequence[Explanation]) -> Explanation:
    """Mean of the members' maps, each divided by the mean of its magnitude, so that every network counts alike.

    Gradients of two networks have different scales, so that without it the network with the largest ones would decide. A map of
    zeros stays one. Layer, cells and versions are the first member's; its logits, too, which the caller replaces by the ensemble's.

    Args:
        members: of the same images, layers, methods and targets.
    """
    first = members[0]
    if len(members) == 1:
        return first

    def mean(signed: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        return {method: torch.stack([unit(maps[method]) for maps in signed]).mean(0) for method in signed[0]}

    others = {layer: mean([member.others[layer] for member in members]) for layer in first.others}
    return replace(first, signed=mean([member.signed for member in members]), others=others)


def disagreement(members: Sequence[Explanation]) -> dict[str, Float[Tensor, "images h w"]]:
    """Method -> standard deviation over the members' maps at the layer in focus, in units of the averaged map.

    Negative values count as in a map, as 0. There is none of a single network.
    """
    if len(members) == 1:
        return {}
    return {
        method: torch.stack([unit(member.signed[method]).relu() for member in members]).std(0, correction=0)
        for method in members[0].methods
    }


def unit(maps: Float[Tensor, "images h w"]) -> Float[Tensor, "images h w"]:
    """Maps divided by the mean of their magnitude; maps of zeros unchanged."""
    size = maps.abs().mean((1, 2), keepdim=True)
    return maps / torch.where(size > 0, size, 1)
