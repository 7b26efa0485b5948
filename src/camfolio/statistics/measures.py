"""Properties of a score: its name on pages, its unit, which direction is better, and which differences matter."""

from __future__ import annotations

from dataclasses import dataclass

from camfolio.results.scoreboard import Direction, ScoreUnit


@dataclass(frozen=True)
class Margin:
    """The largest difference of a score that is of no practical importance.

    Attributes:
        value: in the score's unit; equivalence is tested within it on either side of zero.
        reason: why; one clause for pages.
    """

    value: float
    reason: str


UNIT_MARGINS: dict[ScoreUnit, Margin] = {
    "share": Margin(0.05, "a twentieth of the range of such scores"),
    "ratio": Margin(0.25, "a quarter of what chance gives"),
    "mm": Margin(1.0, "about a pixel of such slices"),
}
"""Unit -> margin of scores that are registered without one."""


@dataclass(frozen=True)
class Measure:
    """Name, unit, direction and margin of one score.

    Attributes:
        title: its name on pages.
        unit: `share` lies from 0 to 1 (differences from -1 to 1), `ratio` is 1 at chance, `mm` is a distance.
        better: whether higher or lower values are better.
        panel: whether the figure of scores has a panel for it; the table of scores has all of them.
        by_layer: whether the table that compares layers has a column for it.
        margin: of equivalence; by default that of its unit. A study file may name another value in `evidence.margins`.
    """

    title: str
    unit: ScoreUnit
    better: Direction = "higher"
    panel: bool = False
    by_layer: bool = False
    margin: Margin | None = None

    @property
    def equivalence(self) -> Margin:
        """Its margin of equivalence."""
        return self.margin or UNIT_MARGINS[self.unit]
