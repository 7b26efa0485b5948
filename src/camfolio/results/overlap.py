"""`overlap.json`: slices that look alike and are in different parts of the split."""

from __future__ import annotations

from typing import ClassVar

from camfolio.results.result import Count, ResultFile


class OverlapResult(ResultFile):
    """Slices that look alike and are in different parts of the split."""

    FILE: ClassVar[str] = "overlap.json"

    pairs: Count
    """Pairs of slices that look alike, one in one part and one in another."""
    test_slices: Count
    """Test slices in these pairs."""
