"""The tiny site in a browser: every page, light and dark, wide and narrow."""

from __future__ import annotations

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PAGES = [
    "",
    "tiny/",
    "tiny/data/",
    "tiny/model/",
    "tiny/reporting/",
    "methods/",
    "study-file/",
    "architecture/",
    "reproduce/",
    "your-data/",
    "licence/",
]
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ABORTED = "net::ERR_ABORTED"
"""What becomes of a page's last requests when the next page is asked for."""
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

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium on the PATH")


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(built):
    """Where the tiny site is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(built.site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    """Chromium, once for all pages."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(
    scope="module",
    params=[("light", 1280), ("light", 390), ("dark", 1280), ("dark", 390)],
    ids=lambda one: f"{one[0]}-{one[1]}",
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

    yield visit
    context.close()


def elsewhere(url: str, address: str) -> bool:
    return urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url).netloc != urlsplit(address).netloc


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.strip("/") or "home")
def test_a_page_is_whole(look, page):
    theme, seen, events = look(page)
    assert events == []
    assert seen["broken"] == []
    assert seen["overflow"] <= 0
    assert [[src.partition("#")[2] for src in figure] for figure in seen["figures"]] == [[f"only-{theme}"]] * len(
        seen["figures"]
    )
    assert bool(seen["figures"]) == (page == "tiny/")
