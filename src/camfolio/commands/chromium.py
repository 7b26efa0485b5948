"""Chromium, an optional program: prints a page as PDF."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from camfolio.errors import PageError

VARIABLE = "CHROME_PATH"
"""Environment variable with the path of a browser that is not found by its name, as Lighthouse reads it."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
"""Where macOS and Windows have browsers, which are on no PATH there."""
OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-extensions",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # nor does a template of somebody else lead to another page
    "--no-pdf-header-footer",  # the page has its own, which know its title
    "--generate-pdf-document-outline",
    "--virtual-time-budget=60000",  # waits until every picture and face is there
)
SECONDS = 300
"""Longest time for one document."""
MOMENT = re.compile(rb"/(?P<key>CreationDate|ModDate) \(D:[0-9]{14}[^)]*\)")


def browser() -> str:
    """The path of Chromium, or of a browser made from it.

    Raises:
        PageError: if there is none.
    """
    given = os.environ.get(VARIABLE)
    found = [given] if given else [*(shutil.which(name) for name in NAMES), *PLACES]
    existing = next((one for one in found if one and Path(one).is_file()), None)
    if existing is None:
        where = f"{VARIABLE} names {given}, which is no file" if given else "neither it nor Chrome or Edge was found"
        msg = f"Expected Chromium to print the PDF, but {where}. Install it, or set {VARIABLE} to its path."
        raise PageError(msg)
    return existing


def as_pdf(page: str, moment: datetime) -> bytes:
    """One HTML file that needs no other, printed as PDF.

    Args:
        page: its HTML.
        moment: the date in the PDF, so that equal pages give equal bytes.

    Raises:
        PageError: if there is no Chromium, or it prints nothing.
    """
    program = browser()
    with TemporaryDirectory(prefix="camfolio-", ignore_cleanup_errors=True) as name:  # the browser may still end
        folder = Path(name)
        source, printed = folder / "page.html", folder / "page.pdf"
        source.write_text(page, encoding="utf-8", newline="\n")
        options = [*OPTIONS, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={printed}"]
        words = run([program, *options, *unconfined(), source.as_uri()])
        if not printed.is_file() or not printed.read_bytes().startswith(b"%PDF-"):
            msg = f"Expected a PDF from {program}, but it printed none{words}. Open the page in a browser and print it there."
            raise PageError(msg)
        return dated(printed.read_bytes(), moment)


def run(command: list[str]) -> str:
    """Run the browser; returns what it said last, for an error message.

    Raises:
        PageError: if it does not end.
    """
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - fixed options, no shell
    except subprocess.TimeoutExpired:
        msg = f"Expected a PDF from {command[0]}, but it did not end within {SECONDS} seconds. Try again."
        raise PageError(msg) from None
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip() and "dbus" not in line]
    return f": {lines[-1][:200]}" if lines else ""


def unconfined() -> list[str]:
    """The option without which Chromium does not start for the administrator of a Unix system, as in containers."""
    return ["--no-sandbox"] if sys.platform != "win32" and os.geteuid() == 0 else []


def dated(content: bytes, moment: datetime) -> bytes:
    """A PDF with another date; its length stays, since positions in it are counted.

    >>> dated(b"/CreationDate (D:20261129160929+00'00')", datetime(2026, 11, 3, tzinfo=UTC))
    b"/CreationDate (D:20261103000000+00'00')"
    """
    stated = f"D:{moment.astimezone(UTC):%Y%m%d%H%M%S}+00'00'".encode()

    def replaced(found: re.Match[bytes]) -> bytes:
        new = b"/%b (%b)" % (found["key"], stated)
        return new if len(new) == len(found[0]) else found[0]

    return MOMENT.sub(replaced, content)
