"""Properties of a score: its name on pages, its unit, and which direction is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["share", "ratio", "mm"]
Direction = Literal["higher", "lower"]


@dataclass(frozen=True)
class Measure:
    """Name, unit and direction of one score.

    Attributes:
        title: its name on pages.
        unit: `share` lies from 0 to 1 (differences of two from -1 to 1), `ratio` is 1 at chance, `mm` is a distance.
        better: whether higher or lower values are better.
    """

    title: str
    unit: Unit
    better: Direction = "higher"
