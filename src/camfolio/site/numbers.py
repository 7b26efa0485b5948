"""Numbers as pages write them: fixed digits, a true minus sign, thin spaces between thousands, intervals beside their value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from camfolio.results.interval import Interval

UNDEFINED = "not defined"
MINUS = "\u2212"
NARROW_SPACE = "\u202f"  # between thousands; a line does not break there


def number(value: float | None, digits: int = 3) -> str:
    """A number with fixed digits.

    >>> number(0.94449)
    '0.944'
    >>> number(None)
    'not defined'
    """
    return UNDEFINED if value is None else decimal(value, digits)


def decimal(value: float, digits: int) -> str:
    r"""A number with fixed digits and a true minus sign, which zero never has.

    >>> decimal(-0.4, 0), ascii(decimal(-1000.0, 0))
    ('0', "'\\u22121000'")
    """
    return f"{value:z.{digits}f}".replace("-", MINUS)


def percent(value: float | None, digits: int = 0) -> str:
    """A share in percent.

    >>> percent(0.256, 1)
    '25.6 %'
    """
    return UNDEFINED if value is None else f"{decimal(100 * value, digits)} %"


def interval(row: Interval, digits: int = 3) -> str:
    """A value with its 95 % interval.

    >>> interval(Interval(value=0.944, low=0.92, high=0.961))
    '0.944 (0.920 to 0.961)'
    """
    if row.value is None or row.low is None or row.high is None:
        return number(row.value, digits)
    value, low, high = (decimal(each, digits) for each in (row.value, row.low, row.high))
    return f"{value} ({low} to {high})"


def percent_interval(row: Interval) -> str:
    """A share with its 95 % interval, in percent.

    >>> percent_interval(Interval(value=0.5, low=0.4, high=0.6))
    '50 % (40 to 60)'
    """
    if row.value is None or row.low is None or row.high is None:
        return percent(row.value)
    value, low, high = (decimal(100 * each, 0) for each in (row.value, row.low, row.high))
    return f"{value} % ({low} to {high})"


def written(row: Interval, how: Literal["number", "percent"]) -> str:
    """A value with its 95 % interval, as its metric is written.

    >>> written(Interval(value=0.5, low=0.4, high=0.6), "number"), written(Interval(value=0.5, low=0.4, high=0.6), "percent")
    ('0.500 (0.400 to 0.600)', '50 % (40 to 60)')
    """
    return percent_interval(row) if how == "percent" else interval(row)


def points(row: Interval) -> str:
    """A difference of shares with its 95 % interval, in percentage points.

    >>> points(Interval(value=0.24, low=0.18, high=0.3))
    '24.0 percentage points (18.0 to 30.0)'
    >>> points(Interval(value=-0.0001, low=-0.3, high=None))
    '0.0 percentage points'
    """
    if row.value is None:
        return UNDEFINED
    value, *ends = (decimal(100 * each, 1) for each in (row.value, row.low, row.high) if each is not None)
    low_high = f" ({' to '.join(ends)})" if len(ends) == 2 else ""  # noqa: PLR2004 - both ends or none
    return f"{value} percentage points{low_high}"


def span(values: Sequence[float], digits: int = 2) -> str:
    """The range of several values; one number if they are the same.

    >>> span([0.5, 0.98]), span([1.0, 1.0])
    ('0.50 to 0.98', '1.00')
    """
    low, high = decimal(min(values), digits), decimal(max(values), digits)
    return low if low == high else f"{low} to {high}"


def counted(count: int, singular: str, plural: str = "") -> str:
    """A count with its noun.

    >>> counted(1, "slice"), counted(2, "slice")
    ('1 slice', '2 slices')
    """
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}".replace(",", NARROW_SPACE)
