"""Compare eight views of the built site with accepted pictures, so that a look is never lost by accident.

    python scripts/looks.py [SITE]              # compare; what differs is drawn in screenshots/looks/
    python scripts/looks.py [SITE] --accept     # after a look at them: accept the views as they are, and commit the pictures

The site is that of kept results, whose numbers and figures are the same on every machine; a tiny study would be trained anew on each.
A view is one window of a page. At most `MOST` of its pixels may differ by more than `THRESHOLD`; pixels on the edges of letters and
lines, which are drawn a little differently by other versions of the browser, are not counted.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image, ImageChops
from pixelmatch.contrib.PIL import pixelmatch
from playwright.sync_api import Browser, Page, sync_playwright

from screenshots import OPTIONS, WAIT, served

PROJECT = Path(__file__).resolve().parents[1]
ACCEPTED = PROJECT / "tests" / "site" / "looks"
DIFFERENT = PROJECT / "screenshots" / "looks"
THRESHOLD = 0.1
"""Distance of two colours, as a share of that of black and white, up to which a pixel is the same."""
MOST = 0.001
"""Largest share of pixels that may differ: less than a line of text, or a rule across a page."""
COLOURS = 256
HEIGHTS = {1280: 900, 390: 844}
"""Width of a window -> its height, pixels."""
STEADY = ["--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb"]
"""Letters and colours drawn alike on every machine."""
FACES = "() => Promise.allSettled([...document.fonts].map(face => face.load()))"
"""Loads every face of the style sheet."""
COMMAND = "make looks-accept"


@dataclass(frozen=True)
class View:
    """What is seen at the top of a page in a window of one width, in one theme."""

    name: str
    page: str
    theme: Literal["light", "dark"]
    width: int

    @property
    def file(self) -> str:
        """The name of its picture."""
        return f"{self.name}-{self.theme}-{self.width}.png"


VIEWS = (
    View("home", "", "light", 1280),
    View("write-up", "lung-nodules/", "dark", 1280),
    View("evidence", "lung-nodules/evidence/", "light", 390),
    View("explorer", "lung-nodules/explorer/", "dark", 1280),
    View("methods", "methods/", "light", 1280),
    View("shortcut", "shortcut/", "dark", 390),
    View("data", "lung-nodules/data/", "light", 1280),
    View("try", "shortcut/try/", "dark", 390),
)


def seen(browser: Browser, address: str, view: View) -> Image.Image:
    """The view as the browser draws it, in at most 256 colours."""
    window = {"width": view.width, "height": HEIGHTS[view.width]}
    context = browser.new_context(color_scheme=view.theme, viewport=window, reduced_motion="reduce")  # type: ignore[arg-type]  # its keys are literals
    tab = context.new_page()
    answer = tab.goto(f"{address}{view.page}")
    if answer is None or not answer.ok:
        msg = f"Expected the page {view.page!r} in the site, but it is not there."
        raise SystemExit(msg)
    for script in (FACES, WAIT):
        tab.evaluate(script)
    tab.wait_for_load_state("networkidle")
    tab.reload()  # with all faces at hand, which a first visit may do without
    for script in (FACES, WAIT):
        tab.evaluate(script)
    tab.wait_for_load_state("networkidle")
    picture = still(tab)
    context.close()
    return Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS)


def still(tab: Page) -> bytes:
    """A screenshot that is the same as the one half a second before: scripts draw after a page has loaded."""
    picture = tab.screenshot(caret="hide")
    for _ in range(20):
        tab.wait_for_timeout(500)
        before, picture = picture, tab.screenshot(caret="hide")
        if picture == before:
            break
    return picture


def compared(before: Image.Image, now: Image.Image) -> tuple[float, Image.Image]:
    """The share of pixels of two pictures (RGB, of the same size) that differ, 0 to 1, and a picture in which they are red.

    Compared is the smallest rectangle with all that differs at all: the library takes seconds for a whole window.
    """
    drawn = now.convert("RGBA")
    box = ImageChops.difference(before, now).getbbox()
    if box is None:
        return 0.0, drawn
    left, top, right, bottom = box
    around = (max(0, left - 2), max(0, top - 2), min(now.width, right + 2), min(now.height, bottom + 2))
    part = drawn.crop(around)
    count = pixelmatch(before.crop(around), now.crop(around), part, THRESHOLD)
    drawn.paste(part, around)
    return count / (now.width * now.height), drawn


def judged(view: View, picture: Image.Image, accepted: Path, different: Path) -> str:
    """What is wrong with a view, in one sentence; empty if it is as accepted. What differs is drawn into a folder, beside the view."""
    file = accepted / view.file
    if not file.is_file():
        return (
            f"{view.name}: Expected an accepted picture {file}, but there is none. Look at the page and run: {COMMAND}"
        )
    now = picture.convert("RGB")
    with Image.open(file) as opened:
        before = opened.convert("RGB")
    share, difference = compared(before, now) if before.size == now.size else (1.0, now)
    if share <= MOST:
        return ""
    different.mkdir(parents=True, exist_ok=True)
    for name, one in {"before": before, "now": now, "difference": difference}.items():
        one.save(different / f"{file.stem}-{name}.png")
    return f"{view.name}: Expected at most {MOST:.2%} other pixels than in {file}, but got {share:.2%}, red in {different}. If the new look is meant, run: {COMMAND}"


def accept(view: View, picture: Image.Image, accepted: Path) -> None:
    """Keep the picture of a view as the accepted one."""
    accepted.mkdir(parents=True, exist_ok=True)
    picture.save(accepted / view.file, optimize=True)


def looked_at(site: Path, views: Sequence[View] = VIEWS) -> dict[View, Image.Image]:
    """Every view of a built site."""
    with served(site) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=[*OPTIONS, *STEADY])
        pictures = {view: seen(browser, address, view) for view in views}
        browser.close()
    return pictures


def main() -> int:
    """Compare or accept; the exit status is 1 if a view is not as accepted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("site", nargs="?", type=Path, default=PROJECT / "site")
    parser.add_argument("--accept", action="store_true", help="accept all views as they are")
    options = parser.parse_args()
    pictures = looked_at(options.site)
    if not options.accept:  # a busy machine may show text before its face is there: such a view is looked at once more
        again = [view for view, picture in pictures.items() if judged(view, picture, ACCEPTED, DIFFERENT)]
        pictures |= looked_at(options.site, again)
    if options.accept:
        for view, picture in pictures.items():
            accept(view, picture, ACCEPTED)
        print(f"{len(pictures)} pictures in {ACCEPTED}; look at them before you commit them")
        return 0
    wrong = [words for view, picture in pictures.items() if (words := judged(view, picture, ACCEPTED, DIFFERENT))]
    print("\n".join([*wrong, f"{len(pictures)} views, {len(wrong)} not as accepted"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
