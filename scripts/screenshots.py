"""Screenshots of every page of the built site, light and dark, wide and narrow: `python scripts/screenshots.py [SITE] [TO]`."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
LOOKS = [(theme, width) for theme in THEMES for width in (1280, 390)]
TALLEST = 12_000
"""Largest height in pixels; longer pages are cropped."""
WAIT = """async () => {
  for (const image of document.images) image.loading = "eager";
  const shown = [...document.images].filter(image => image.getClientRects().length);
  await Promise.allSettled(shown.map(image => image.decode()));
  const explorer = document.querySelector("[data-explorer]");
  while (explorer && !explorer.dataset.ready) await new Promise(requestAnimationFrame);
}"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without logging requests."""

    def log_message(self, *_: object) -> None:
        """Discard the message."""


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder on this machine; yields its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def pages(site: Path) -> list[str]:
    """The address of every page, relative to the site."""
    folders = [page.parent.relative_to(site).as_posix() for page in site.rglob("index.html")]
    return sorted("" if folder == "." else f"{folder}/" for folder in folders)


def take(browser: Browser, address: str, names: list[str], target: Path) -> None:
    """Take one screenshot per page, theme and width."""
    for theme, width in LOOKS:
        context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
        tab = context.new_page()
        for name in names:
            tab.goto(f"{address}{name}")
            tab.evaluate(WAIT)
            height = min(TALLEST, int(tab.evaluate("document.documentElement.scrollHeight")))
            tab.set_viewport_size({"width": width, "height": height})
            tab.screenshot(path=target / f"{name.strip('/').replace('/', '-') or 'home'}-{theme}-{width}.png")
            tab.set_viewport_size({"width": width, "height": 900})
        context.close()


def main() -> None:
    """Take the screenshots of a built site."""
    site, target = (Path(given) for given in (sys.argv[1:] + ["site", "screenshots"][len(sys.argv) - 1 :])[:2])
    target.mkdir(parents=True, exist_ok=True)
    with served(site) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        take(browser, address, pages(site), target)
        browser.close()
    print(f"{len(list(target.glob('*.png')))} pictures in {target}")


if __name__ == "__main__":
    main()
