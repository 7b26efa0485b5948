"""Numbers in figures and their alternative texts: fixed digits with a true minus sign, and percentages."""

from __future__ import annotations

MINUS = "\u2212"
UNDEFINED = "not defined"


def as_number(value: float | None, digits: int = 2) -> str:
    """A number with fixed digits, without a sign if it rounds to zero; "not defined" for None.

    >>> as_number(0.126), as_number(-0.001), as_number(-875.0, 0) == "\u2212875", as_number(None)
    ('0.13', '0.00', True, 'not defined')
    """
    return UNDEFINED if value is None else f"{value:z.{digits}f}".replace("-", MINUS)


def as_percent(share: float | None, digits: int = 0) -> str:
    """A share, 0 to 1, in percent; "not defined" for None.

    >>> as_percent(0.256, 1), as_percent(None)
    ('25.6 %', 'not defined')
    """
    return UNDEFINED if share is None else f"{as_number(100 * share, digits)} %"
