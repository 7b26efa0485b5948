"""The live network's modules in a browser, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from file_server import serving

MODULES = Path(__file__).resolve().parents[3] / "src" / "camfolio" / "site" / "defaults" / "assets" / "try"


@pytest.fixture(scope="session")
def tab(browser) -> Iterator[object]:
    """A page beside the modules."""
    with serving(MODULES) as address:
        tab = browser.new_page()
        tab.goto(address)
        yield tab
        tab.close()


@pytest.fixture
def run(tab) -> Callable[..., object]:
    """`run("maps.js", "(maps, given) => ...", given)`: what a function of a module and of plain values returns."""

    def call(module: str, function: str, given: object = None) -> object:
        return tab.evaluate(f"async (given) => ({function})(await import('/{module}'), given)", given)

    return call
