"""Numbers as pages write them: fixed digits, a true minus sign, thin spaces between thousands and before percent signs, intervals beside
their value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from camfolio.results.interval import Interval
from camfolio.vocabulary import MINUS, UNDEFINED, as_number, as_percent

NARROW_SPACE = "\u202f"
"""Between thousands and before a percent sign; a line does not break there."""
CODE = r"```.*?```|`[^`\n]*`|<(?P<tag>code|pre|svg|math)\b.*?</(?P=tag)>"
PERCENT = re.compile(rf"(?P<kept>{CODE})|(?<=\d)\s(?=%)", re.DOTALL)
"""The space between a number and its percent sign; code stays as it is."""
HYPHEN = re.compile(rf"(?P<kept>{CODE}|<[^>]*>)|(?<=[\s(])-(?=\d)", re.DOTALL)
"""A hyphen in place of a minus sign; code stays as it is, and so do tags, whose attributes may be lengths."""


def typeset(page: str) -> str:
    """A page in Markdown or HTML with true minus signs, and with a narrow space before each percent sign, where no line breaks.

    >>> typeset("34 % and -5 of `7 % 3`") == f"34{NARROW_SPACE}% and {MINUS}5 of `7 % 3`"
    True
    """
    page = PERCENT.sub(lambda found: found["kept"] or NARROW_SPACE, page)
    return HYPHEN.sub(lambda found: found["kept"] or MINUS, page)


def interval(row: Interval, digits: int = 3) -> str:
    """A value with its 95 % interval.

    >>> interval(Interval(value=0.944, low=0.92, high=0.961))
    '0.944 (0.920 to 0.961)'
    """
    if row.value is None or row.low is None or row.high is None:
        return as_number(row.value, digits)
    value, low, high = (as_number(each, digits) for each in (row.value, row.low, row.high))
    return f"{value} ({low} to {high})"


def percent_interval(row: Interval) -> str:
    """A share with its 95 % interval, in percent.

    >>> percent_interval(Interval(value=0.5, low=0.4, high=0.6))
    '50 % (40 to 60)'
    """
    if row.value is None or row.low is None or row.high is None:
        return as_percent(row.value)
    value, low, high = (as_number(100 * each, 0) for each in (row.value, row.low, row.high))
    return f"{value} % ({low} to {high})"


def written(row: Interval, how: Literal["number", "percent"]) -> str:
    """A value with its 95 % interval, as its metric is written.

    >>> written(Interval(value=0.5, low=0.4, high=0.6), "number"), written(Interval(value=0.5, low=0.4, high=0.6), "percent")
    ('0.500 (0.400 to 0.600)', '50 % (40 to 60)')
    """
    return percent_interval(row) if how == "percent" else interval(row)


def percentage_points(difference: float) -> str:
    """The size of a difference of shares, -1 to 1.

    >>> percentage_points(-0.132)
    '13.2 percentage points'
    """
    return f"{as_number(100 * abs(difference), 1)} percentage points"


def points(row: Interval) -> str:
    """A difference of shares with its 95 % interval, in percentage points.

    >>> points(Interval(value=0.24, low=0.18, high=0.3))
    '24.0 percentage points (18.0 to 30.0)'
    >>> points(Interval(value=-0.0001, low=-0.3, high=None))
    '0.0 percentage points'
    """
    if row.value is None:
        return UNDEFINED
    value, *ends = (as_number(100 * each, 1) for each in (row.value, row.low, row.high) if each is not None)
    low_high = f" ({' to '.join(ends)})" if len(ends) == 2 else ""  # noqa: PLR2004 - both ends or none
    return f"{value} percentage points{low_high}"


def span(values: Sequence[float], digits: int = 2) -> str:
    """The range of several values; one number if they are the same.

    >>> span([0.5, 0.98]), span([1.0, 1.0])
    ('0.50 to 0.98', '1.00')
    """
    low, high = as_number(min(values), digits), as_number(max(values), digits)
    return low if low == high else f"{low} to {high}"


def counted(count: int, singular: str, plural: str = "") -> str:
    """A count with its noun.

    >>> counted(1, "slice"), counted(2, "slice")
    ('1 slice', '2 slices')
    """
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}".replace(",", NARROW_SPACE)
