"""Means with their intervals along an axis: a line with a light band around it; undefined ones are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from camfolio.results.interval import Interval


def mean_line(axes: Axes, x: Sequence[float], intervals: Sequence[Interval], **style: Any) -> None:  # noqa: ANN401 - matplotlib's own
    """Draw the means where they are defined; `style` goes to `Axes.plot`."""
    points = [(at, row.value) for at, row in zip(x, intervals, strict=True) if row.value is not None]
    axes.plot([at for at, _ in points], [mean for _, mean in points], **style)


def band(axes: Axes, x: Sequence[float], intervals: Sequence[Interval], colour: str) -> None:
    """Shade the intervals where they are defined."""
    bounds = [(at, row.low, row.high) for at, row in zip(x, intervals, strict=True) if row.low is not None]
    defined_x, low, high = zip(*bounds, strict=True) if bounds else ((), (), ())
    axes.fill_between(defined_x, low, high, color=colour, alpha=0.15, linewidth=0)


def interval_cells(interval: Interval) -> list[Any]:
    """Mean, lower and upper end of an interval for a table; empty where not defined."""
    return ["" if number is None else number for number in (interval.value, interval.low, interval.high)]
