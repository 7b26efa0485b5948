"""What axe finds on a page, in one place for all tests."""

from __future__ import annotations

import pytest

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""WCAG 2.2 AA, and axe's best practices."""


def violations(tab) -> list[tuple[str, list[str]]]:
    """The rules that a page in a tab breaks, each with its elements; the test is skipped if axe is not installed."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(tab, options={"runOnly": RULES}).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]
