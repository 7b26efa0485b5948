"""The section `shortcut` of a study file: a planted cue."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from camfolio.study.effort import SHORTCUT_NETWORKS
from camfolio.study.section import Settings


class Shortcut(Settings):
    """A planted shortcut: a cue unrelated to nodules, so that the ground truth is known."""

    cues: Annotated[tuple[Literal["tag", "blur"], ...], Field(strict=False, min_length=1)] = Field(
        ("tag", "blur"), description="what is planted, each in separate networks"
    )
    share: float = Field(
        0.9, gt=0, le=1, description="share of the second class's training and validation slices that get the cue"
    )
    seeds: int = Field(
        SHORTCUT_NETWORKS["quick"], ge=1, le=20, description="networks without a cue, and with each; 5 with full effort"
    )
    alarm: float = Field(
        2.0,
        gt=1,
        le=100,
        description="threshold on the ratio of energy to area in the cue's region, above which a map raises an alarm",
    )
