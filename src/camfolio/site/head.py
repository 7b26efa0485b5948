"""Content-Security-Policy and link preview of built pages, added to the HTML of any generator."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

from camfolio.errors import PageError

INLINE = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
NO_CODE = re.compile(r'\bsrc=|\btype="?application/(ld\+)?json')
HEAD = re.compile(r"<head\b[^>]*>")
TITLE = re.compile(r"<title>(?P<words>.*?)</title>", re.DOTALL)
DESCRIPTION = re.compile(r'<meta name="description" content="(?P<words>[^"]*)"')
CARD = "card/card.png"
POLICY = "Content-Security-Policy"
WORDS = {"title": TITLE, "description": DESCRIPTION}
STRICT = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # style attributes with sizes, which execute nothing
    "img-src": "'self' data: blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'none'",
}


def finish_site(site: Path, address: str = "") -> int:
    """Add a policy and a link preview to every page of a built site that has no policy.

    The picture of the preview is `card/card.png` in the page's folder or its nearest parent.

    Args:
        site: the folder with the HTML files of any generator.
        address: of the published site; without it previews have neither address nor picture.

    Returns:
        The number of pages changed.

    Raises:
        PageError: if there is no page in the folder.
    """
    pages = {file: file.read_bytes().decode() for file in sorted(site.rglob("*.html"))}
    if not pages:
        msg = f"Expected a built site, but there is no HTML file in {site}. Build it first."
        raise PageError(msg)
    unfinished = {file: text for file, text in pages.items() if POLICY not in text}
    for file, text in unfinished.items():
        file.write_bytes(finished(text, file.relative_to(site), site, address).encode())
    return len(unfinished)


def finished(page: str, path: Path, site: Path, address: str) -> str:
    """One page with its policy and, except for the error page, its link preview."""
    if path.name == "404.html":
        return with_policy(page)
    words = {name: found["words"] if (found := pattern.search(page)) else "" for name, pattern in WORDS.items()}
    base = f"{address.rstrip('/')}/" if address else ""
    picture = next((folder / CARD for folder in path.parents if (site / folder / CARD).is_file()), None)
    card = f"{base}{picture.as_posix()}" if base and picture else ""
    here = f"{base}{path.as_posix().removesuffix('index.html')}" if base else ""
    return with_policy(with_card(page, **words, address=here, card=card))


def with_policy(page: str) -> str:
    """A page with a policy that allows files of the site and, by their hashes, the inline scripts of this page.

    >>> with_policy("<head></head>")[:64]
    '<head><meta http-equiv="Content-Security-Policy" content="defaul'
    """
    hashes = sorted(
        {digest(found["code"]) for found in INLINE.finditer(page) if not NO_CODE.search(found["attributes"])}
    )
    rules = STRICT | {"script-src": " ".join([STRICT["script-src"], *hashes])}
    content = "; ".join(f"{name} {allowed}" for name, allowed in rules.items())
    return HEAD.sub(lambda head: f'{head[0]}<meta http-equiv="{POLICY}" content="{content}">', page, count=1)


def with_card(page: str, *, title: str, description: str, address: str, card: str) -> str:
    """A page with title, description and picture for link previews; empty values are omitted.

    Args:
        page: its HTML.
        title: plain or escaped for HTML.
        description: plain or escaped for HTML.
        address: absolute address of the page, or empty.
        card: absolute address of the picture (1200 x 630 pixels), or empty.
    """
    tags = {"og:type": "article", "og:title": title, "og:description": description, "og:url": address, "og:image": card}
    kind = "summary_large_image" if card else "summary"
    lines = [
        f'<meta property="{name}" content="{html.escape(html.unescape(value))}">'
        for name, value in tags.items()
        if value
    ]
    return page.replace("</head>", f'{"".join(lines)}<meta name="twitter:card" content="{kind}"></head>', 1)


def digest(code: str) -> str:
    """The SHA-256 digest of a script in the form of a policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
