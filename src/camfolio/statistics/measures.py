"""What a score is to a reader: its name in words, its unit, and which direction is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["share", "ratio", "mm"]
Direction = Literal["higher", "lower"]


@dataclass(frozen=True)
class Measure:
    """How to read the numbers of one score.

    Attributes:
        title: in words, as a page says it.
        unit: `share` lies from 0 to 1 (differences of two from -1 to 1), `ratio` is 1 at chance, `mm` is a distance.
        better: which direction is.
    """

    title: str
    unit: Unit
    better: Direction = "higher"
