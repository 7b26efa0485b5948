"""Properties of a score: its name on pages, its unit, and which direction is better."""

from __future__ import annotations

from dataclasses import dataclass

from camfolio.results.scoreboard import Direction, ScoreUnit


@dataclass(frozen=True)
class Measure:
    """Name, unit and direction of one score.

    Attributes:
        title: its name on pages.
        unit: `share` lies from 0 to 1 (differences from -1 to 1), `ratio` is 1 at chance, `mm` is a distance.
        better: whether higher or lower values are better.
        panel: whether the figure of scores has a panel for it; the table of scores has all of them.
        by_layer: whether the table that compares layers has a column for it.
    """

    title: str
    unit: ScoreUnit
    better: Direction = "higher"
    panel: bool = False
    by_layer: bool = False
