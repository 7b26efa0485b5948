"""Means with their intervals along an axis: a line, and a light band around it; nothing where they are not defined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from camfolio.results.interval import Interval


def mean_line(axes: Axes, along: Sequence[float], values: Sequence[Interval], **look: Any) -> None:  # noqa: ANN401 - matplotlib's own
    """The means where they are defined."""
    known = [(at, value.value) for at, value in zip(along, values, strict=True) if value.value is not None]
    axes.plot([at for at, _ in known], [value for _, value in known], **look)


def band(axes: Axes, along: Sequence[float], values: Sequence[Interval], colour: str) -> None:
    """The intervals around the means."""
    ends = [(at, value.low, value.high) for at, value in zip(along, values, strict=True) if value.low is not None]
    places, low, high = zip(*ends, strict=True) if ends else ((), (), ())
    axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)


def cells_of(value: Interval) -> list[Any]:
    """Mean and ends of the interval for a table; empty where not defined."""
    return ["" if end is None else end for end in (value.value, value.low, value.high)]


def said(value: float | None, digits: int = 2) -> str:
    """A number for alt text, or that it is not defined."""
    return "not defined" if value is None else f"{value:.{digits}f}"
