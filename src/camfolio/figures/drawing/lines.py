"""Means with their intervals along an axis: a line, and a light band around it; nothing where they are not defined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

Value = Mapping[str, Any]
"""`value`, `low` and `high`, each a number or None."""


def mean_line(axes: Axes, along: Sequence[float], values: Sequence[Value], **look: Any) -> None:  # noqa: ANN401 - matplotlib's own
    """The means where they are defined."""
    known = [(at, value["value"]) for at, value in zip(along, values, strict=True) if value["value"] is not None]
    axes.plot([at for at, _ in known], [value for _, value in known], **look)


def band(axes: Axes, along: Sequence[float], values: Sequence[Value], colour: str) -> None:
    """The intervals around the means."""
    sure = [(at, value) for at, value in zip(along, values, strict=True) if value["low"] is not None]
    low, high = ([value[end] for _, value in sure] for end in ("low", "high"))
    axes.fill_between([at for at, _ in sure], low, high, color=colour, alpha=0.15, linewidth=0)


def cells_of(value: Value) -> list[Any]:
    """Mean and ends of the interval for a table; empty where not defined."""
    return ["" if value[end] is None else value[end] for end in ("value", "low", "high")]


def said(value: float | None, digits: int = 2) -> str:
    """A number for alt text, or that it is not defined."""
    return "not defined" if value is None else f"{value:.{digits}f}"
