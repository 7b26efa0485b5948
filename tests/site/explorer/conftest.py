"""The explorer of the tiny study in a browser."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def page(browser, address):
    """The explorer of the tiny study, ready."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(address + "tiny/explorer/")
    tab.wait_for_selector("[data-ready]")
    yield tab
    context.close()


@pytest.fixture
def visit(page, address):
    """`visit("?method=1")`: the explorer at that address; the test fails if the page logs an error."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def go(query: str = ""):
        page.goto(f"{address}tiny/explorer/{query}")
        page.wait_for_selector("[data-ready]")
        return page

    yield go
    assert errors == []


@pytest.fixture(scope="module")
def data(portfolio):
    return portfolio.artefacts["explorer"].json("explorer.json")
