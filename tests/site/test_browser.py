"""The tiny site in a browser: every page, light and dark, wide and narrow."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from accessibility import violations

PAGES = [
    "",
    "tiny/",
    "tiny/data/",
    "tiny/model/",
    "tiny/explorer/",
    "tiny/try/",
    "tiny/reporting/",
    "tiny/evidence/",
    "methods/",
    "study-file/",
    "template-values/",
    "architecture/",
    "reproduce/",
    "your-data/",
    "write-pages/",
    "licence/",
    "404.html",
]
QUICK = ["", "tiny/", "tiny/data/", "tiny/model/", "tiny/explorer/", "tiny/evidence/"]
"""Pages with figures, tables or cards; the others are seen in the slow part."""
ABORTED = "net::ERR_ABORTED"
"""Console messages of requests that a navigation aborts."""
LOOK = """async () => {
  const visible = [...document.images].filter(image => image.getClientRects().length);
  for (const image of visible) image.loading = "eager";
  await Promise.allSettled(visible.map(image => image.decode()));
  return {
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  figures: [...document.querySelectorAll("article figure .enlarge")].map(figure =>
    [...figure.querySelectorAll("img")].filter(image => image.getClientRects().length).map(image => image.getAttribute("src"))),
  broken: visible.filter(image => !image.naturalWidth).map(image => image.src),
}}"""


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("light", 1280), id="light-1280"),
        pytest.param(("light", 390), id="light-390", marks=pytest.mark.slow),
        pytest.param(("dark", 1280), id="dark-1280", marks=pytest.mark.slow),
        pytest.param(("dark", 390), id="dark-390"),
    ],
)
def look(request, browser, address):
    """`look("tiny/")`: what one page shows and what it complains of, in one theme and width."""
    theme, width = request.param
    context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
    tab = context.new_page()
    events: list[str] = []
    tab.on("console", lambda message: events.append(message.text) if message.type in {"error", "warning"} else None)
    tab.on("pageerror", lambda error: events.append(str(error)))
    tab.on("requestfailed", lambda asked: events.append(f"failed: {asked.url}") if asked.failure != ABORTED else None)
    tab.on("response", lambda answer: events.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None)
    tab.on("request", lambda asked: events.append(f"elsewhere: {asked.url}") if elsewhere(asked.url, address) else None)

    def visit(page: str):
        events.clear()
        tab.goto(address + page, wait_until="load")
        return theme, tab.evaluate(LOOK), list(events)

    visit.tab = tab
    yield visit
    context.close()


def elsewhere(url: str, address: str) -> bool:
    return urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url).netloc != urlsplit(address).netloc


@pytest.mark.parametrize("page", QUICK, ids=lambda page: page.strip("/") or "home")
def test_a_page_is_whole(look, page):
    theme, seen, events = look(page)
    assert events == []
    assert seen["broken"] == []
    assert seen["overflow"] <= 0
    assert [[src.partition("#")[2] for src in figure] for figure in seen["figures"]] == [[f"only-{theme}"]] * len(
        seen["figures"]
    )
    assert bool(seen["figures"]) == (page in {"tiny/", "tiny/evidence/", "tiny/data/", "methods/"})


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page not in QUICK], ids=lambda page: page.strip("/") or "home"
)
def test_every_other_page_is_whole(look, page):
    test_a_page_is_whole(look, page)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.strip("/") or "home")
def test_a_page_can_be_used_by_everybody(look, page):
    look(page)
    assert violations(look.tab) == []


def test_code_from_a_string_does_not_run(look):
    look("tiny/")
    add = "code => { const s = document.createElement('script'); s.textContent = code; document.body.append(s); }"
    look.tab.evaluate(add, "window.ran = 1")
    look.tab.evaluate("() => setTimeout('window.ran = 2', 0)")
    look.tab.wait_for_timeout(50)
    assert look.tab.evaluate("() => window.ran === undefined")


def test_nothing_is_animated_with_reduced_motion(browser, address):
    context = browser.new_context(reduced_motion="reduce")
    tab = context.new_page()
    tab.goto(address + "tiny/")
    moving = """() => [...document.querySelectorAll("*")].filter(one => {
      const style = getComputedStyle(one);
      return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0 || style.scrollBehavior === "smooth";
    }).map(one => one.className)"""
    assert tab.evaluate(moving) == []
    context.close()


def test_a_figure_opens_as_large_as_the_window_and_the_focus_comes_back(look):
    look("tiny/")
    tab = look.tab
    tab.focus("#roc .enlarge")
    tab.keyboard.press("Enter")
    assert tab.get_attribute("dialog.enlarged", "aria-label") == "Figure 4."
    assert tab.locator("dialog.enlarged img").evaluate(
        "async image => { await image.decode(); return image.naturalWidth; }"
    )
    tab.keyboard.press("Escape")
    tab.wait_for_selector("dialog.enlarged", state="detached")
    assert tab.evaluate("() => document.activeElement.className").startswith("enlarge")
