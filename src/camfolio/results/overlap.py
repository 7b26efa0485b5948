"""`overlap.json`: near-duplicate slices in different parts of the split."""

from __future__ import annotations

from typing import ClassVar

from camfolio.results.result import Count, ResultFile


class OverlapResult(ResultFile):
    """Near-duplicate slices in different parts of the split."""

    FILE: ClassVar[str] = "overlap.json"

    pairs: Count
    """Pairs of near-duplicate slices in two different parts."""
    test_slices: Count
    """Test slices in these pairs."""
