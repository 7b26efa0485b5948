"""Verdicts on one number by its interval, and on one example; the limits that they use."""

from __future__ import annotations

from typing import Literal

from camfolio.results.interval import Interval
from camfolio.results.selection import Case

FollowingVerdict = Literal["follows", "follows partly", "does not follow", "not shown", "not defined"]
IntervalVerdict = Literal["better", "worse", "not separable", "not defined"]
NOTHING = 0.0
"""A difference is shown if its interval excludes zero."""
CHANCE = 0.5
"""AUC of random predictions."""
UNIFORM = 1.0
"""Energy ratio of a uniform map."""
HARDLY_MORE = 1.5
"""An example's map with less than this multiple of a uniform map's energy on the nodule is called hardly better than it.
A convention: a single slice has no interval, so a small excess is not reported as a success."""
MOSTLY_ELSEWHERE = 0.5
"""A map with a smaller share of its energy on the nodule has most of it elsewhere."""
FOLLOWS = 0.8
"""A method whose map's maximum moves by at least so much of the nodule's displacement, over the whole interval, follows it. A
convention, below the 1 of the mask itself since layers have coarser pixels than slices."""
STAYS = 0.2
"""A method whose map's maximum moves by less than so much of the displacement, over the whole interval, does not follow it. A
convention."""


def is_above(value: Interval, limit: float) -> bool:
    """Whether an interval lies entirely above a limit; False if there is no interval.

    >>> is_above(Interval(value=0.6, low=0.5, high=0.7), 0.4), is_above(Interval(value=0.6, low=None, high=None), 0.4)
    (True, False)
    """
    return value.low is not None and value.low > limit


def is_below(value: Interval, limit: float) -> bool:
    """Whether an interval lies entirely below a limit; False if there is no interval."""
    return value.high is not None and value.high < limit


def how_far(slope: Interval) -> FollowingVerdict:
    """How far a map's maximum follows the nodule, by the interval of the slope of its place on that of the nodule."""
    if slope.value is None:
        return "not defined"
    if is_above(slope, FOLLOWS):
        return "follows"
    if is_below(slope, STAYS):
        return "does not follow"
    return "follows partly" if is_above(slope, NOTHING) else "not shown"


def verdict_against(value: Interval, limit: float) -> IntervalVerdict:
    """The verdict on a number against a limit, by its interval."""
    if value.value is None:
        return "not defined"
    if is_above(value, limit):
        return "better"
    return "worse" if is_below(value, limit) else "not separable"


def on_external_set(internal: Interval, external: Interval) -> IntervalVerdict:
    """The AUC on an external test set against that on the test part: better or worse only if the intervals do not overlap."""
    if internal.low is None or internal.high is None or external.low is None or external.high is None:
        return "not defined"
    if external.high < internal.low:
        return "worse"
    return "better" if external.low > internal.high else "not separable"


def example_verdict(case: Case | None) -> str:
    """The verdict on an example's map against a uniform map."""
    if case is None or case.energy_ratio is None or case.energy_share is None:
        return "not defined"
    if case.energy_ratio < UNIFORM:
        return "elsewhere" if case.energy_share < MOSTLY_ELSEWHERE else "below uniform"
    return "hardly above" if case.energy_ratio < HARDLY_MORE else "above"
