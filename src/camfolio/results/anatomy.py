"""`anatomy.json`: one slice, and what each method adds up on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.result import (
    ClassLabel,
    Count,
    MethodKey,
    Millimetres,
    Number,
    Position,
    Result,
    ResultFile,
    Share,
)


class Channel(Result):
    """One channel of the layer, as a method weighs it."""

    share: Share
    """Share of the magnitude of all products, over all channels and cells, that this channel's product has; 0 if all are zero."""
    weight: Number | None
    """What the channel is multiplied by; None if every cell has its own weight."""
    probability: Share | None
    """Probability of the explained class for the slice masked by the channel, or without the channel; None if the method runs no
    such pass."""


class MethodAnatomy(Result):
    """What a method adds up."""

    weighed_by: str
    """What the weights are, in a few words."""
    channels: tuple[Channel, ...]
    """All channels of the layer, in its order."""
    shown: tuple[Position, ...]
    """Those whose arrays are kept: the ones with the largest shares, the largest first."""


class AnatomyResult(ResultFile):
    """One slice, and what each method adds up on it."""

    FILE: ClassVar[str] = "anatomy.json"

    id: str
    """Id of the slice; empty if there is no example."""
    kind: str
    """Which example it is: the kind of the first method's most typical one."""
    spacing_mm: Millimetres
    """Distance between neighbouring columns of pixels."""
    target: ClassLabel
    """The explained class."""
    layer: str
    """The explained layer."""
    networks: Count
    """Networks of the study; the first is taken apart."""
    methods: Mapping[MethodKey, MethodAnatomy]
    """By method; those that add nothing up are left out."""
