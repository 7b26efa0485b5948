"""The moment that reproducible outputs state."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from camfolio.errors import PageError

VARIABLE = "SOURCE_DATE_EPOCH"


def source_date() -> datetime | None:
    """The moment in SOURCE_DATE_EPOCH, UTC; None if it is not set (https://reproducible-builds.org/specs/source-date-epoch).

    Raises:
        PageError: if it is no number of seconds since 1970.
    """
    given = os.environ.get(VARIABLE)
    try:
        return datetime.fromtimestamp(int(given), UTC) if given else None
    except (ValueError, OverflowError, OSError):
        msg = f"Expected seconds since 1970 in {VARIABLE}, but got {given!r}. Correct or unset it."
        raise PageError(msg) from None
