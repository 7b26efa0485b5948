"""Degenerate resamples: those in which a value is not defined, which its interval leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from camfolio.results.interval import Interval
from camfolio.results.result import Count, Result


@dataclass(frozen=True)
class Degenerate:
    """How many intervals leave out resamples.

    Attributes:
        intervals: intervals that do, of values that are defined.
        most: the most resamples that one of them leaves out.
    """

    intervals: Count
    most: Count


def degenerate(*results: Result) -> Degenerate:
    """Count the intervals in some results that leave out resamples.

    >>> degenerate(Interval(value=0.5, low=0.4, high=0.6, undefined=3), Interval(value=0.5, low=0.4, high=0.6))
    Degenerate(intervals=1, most=3)
    """
    left_out = [
        found.undefined
        for result in results
        for found in intervals_in(result)
        if found.low is not None and found.undefined
    ]
    return Degenerate(len(left_out), max(left_out, default=0))


def intervals_in(value: object) -> Iterator[Interval]:
    """All intervals in a result or a part of one, at any depth."""
    if isinstance(value, Interval):
        yield value
    elif isinstance(value, Result):
        for _, part in value:
            yield from intervals_in(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from intervals_in(part)
    elif isinstance(value, tuple):
        for part in value:
            yield from intervals_in(part)
