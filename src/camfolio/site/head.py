"""Content-Security-Policy, faces and link preview of built pages, added to the HTML of any generator."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

from camfolio.errors import PageError

INLINE = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<code>.*?)</script\b", re.DOTALL | re.IGNORECASE)
NO_CODE = re.compile(r"""\ssrc=|\stype=["']?application/(ld\+)?json""", re.IGNORECASE)
HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
START = re.compile(r"\s*(<!doctype\b[^>]*>)?", re.IGNORECASE)
"""Where a page begins that has no head: after its document type."""
TITLE = re.compile(r"<title>(?P<words>.*?)</title>", re.DOTALL)
DESCRIPTION = re.compile(r'<meta name="description" content="(?P<words>[^"]*)"')
CARD = "card/card.png"
POLICY = "Content-Security-Policy"
HAS_POLICY = re.compile(rf"""<meta\b[^>]*\shttp-equiv=["']?{POLICY}\b""", re.IGNORECASE)
BASE = re.compile(r'(?<=new URL\(")[\w./%~-]*(?=")')
"""The address of the site in a script of the theme: it differs from page to page."""
THEME = frozenset(
    {
        "7eb3684fdacd2881f67b9428983273a29d8774d8bc82622af9b65a8ec1032a90",  # base: reads and writes settings of the reader
        "0eb10c249dbdb0beef225a10ce5cbe55418cc4a7014cc208f8e7d6ed8f00906e",  # palette: light or dark
        "d74bb3b582599bb38b62d1eb15a60a0af4ce0147e3335efe0a811693984b71ce",  # content: linked tabs
        "ffcc0f7735fdab434d257c80e65cec2e88d716991e69757185b7e450e41a5b2f",  # content: the tab in the address
        "e441dbdde5a0501b99527bb443d86875df7b1a02ed15df77ed97b4c8234e4b70",  # announce: an announcement that was read
        "3907d77c1c78f2658c4fefb1c0cb8a4caf9e66479edaeace65c6c1e213f47107",  # consent: the reader's choice
        "825a478f6ef2a37cf6bc1140ddb9b0665d08eee69a0635d5e82471fba8e2f73a",  # outdated: a note on old versions
    }
)
"""SHA-256 of the inline scripts of Material for MkDocs 9.8, without the address of the site. No other one may be in a page."""
STYLES = re.compile(r'<link rel="stylesheet" href="(?P<assets>[^"]*)camfolio\.css">')
FACES = ("fonts/serif.woff2", "fonts/sans.woff2", "fonts/sans-bold.woff2")
"""What every page needs at once, beside its style sheet; browsers would ask for it only when they have read that."""
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LOADED = re.compile(
    r"<(?:script|img|iframe|source|track|embed|video|audio|input)\b[^>]*\ssrc\s*=\s*[\"']?(?P<src>[^\s\"'>]+)"
    r"|<link\b(?=[^>]*\srel\s*=\s*[\"']?[\w\s-]*\b(?:stylesheet|icon|preload|modulepreload|manifest)\b)"
    r"[^>]*\shref\s*=\s*[\"']?(?P<href>[^\s\"'>]+)",
    re.IGNORECASE,
)
"""What a browser loads with a page; links that a reader may follow are not among it."""
ELSEWHERE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
SHIM = "https://unpkg.com/iframe-worker/shim"
"""What the theme's plugin `offline` loads to search pages opened from a folder: it stays blocked, and camfolio.js says what helps."""
RUNNING = re.compile(r"""<script\b[^>]*\ssrc=["']?[^"'\s>]*\bassets/try/""", re.IGNORECASE)
"""The script of a page on which a network runs: browsers compile its runtime, WebAssembly, only if the policy allows that."""
WEBASSEMBLY = {"script-src": "'wasm-unsafe-eval'", "worker-src": "'self'"}
"""What the policy of such a page allows besides."""
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
        PageError: if there is no page in the folder, or a page has an inline script that is not the theme's, or loads a file from
            another host: the policy would block it without a word.
    """
    pages = {file: file.read_bytes().decode() for file in sorted(site.rglob("*.html"))}
    if not pages:
        msg = f"Expected a built site, but there is no HTML file in {site}. Build it first."
        raise PageError(msg)
    unfinished = {file: text for file, text in pages.items() if not HAS_POLICY.search(text)}
    for file, text in unfinished.items():
        check_scripts(text, file.relative_to(site))
        check_hosts(text, file.relative_to(site), address)
    for file, text in unfinished.items():
        file.write_bytes(finished(text, file.relative_to(site), site, address).encode())
    return len(unfinished)


def check_scripts(page: str, path: Path) -> None:
    """Check that a page has no other inline script than those of the theme, which alone the policy allows.

    Raises:
        PageError: with the beginning of the script and the page.
    """
    for code in inline_scripts(page):
        if hashlib.sha256(BASE.sub("", code).encode()).hexdigest() not in THEME:
            begin = " ".join(code.split())[:50]
            msg = f"Expected only inline scripts of the theme, but got {begin!r} in {path.as_posix()}. Move it to a file under docs/ named in extra_javascript, or install the theme in the version of constraints.txt."
            raise PageError(msg)


def check_hosts(page: str, path: Path, address: str) -> None:
    """Check that a page loads files of its own site only, which alone the policy allows.

    Raises:
        PageError: with the first other address and the page.
    """
    own = "/".join(address.split("/", 3)[:3])
    for found in LOADED.finditer(COMMENT.sub("", page)):
        given = found["src"] or found["href"]
        if ELSEWHERE.match(given) and given != SHIM and not (own and f"{given}/".startswith(f"{own}/")):
            msg = f"Expected pictures, scripts and styles of this site, since the policy of its pages blocks other hosts, but got {given} in {path.as_posix()}. Put a copy into the folder of documents and name that; for fonts of the theme, set `font: false` below `theme`."
            raise PageError(msg)


def inline_scripts(page: str) -> list[str]:
    """The code of all scripts that a page holds itself."""
    return [found["code"] for found in INLINE.finditer(page) if not NO_CODE.search(found["attributes"])]


def finished(page: str, path: Path, site: Path, address: str) -> str:
    """One page with its policy and, except for the error page, its link preview."""
    page = with_faces(page)
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

    WebAssembly is allowed on pages on which a network runs, and on no other.

    >>> with_policy("<head></head>")[:64]
    '<head><meta http-equiv="Content-Security-Policy" content="defaul'
    """
    hashes = sorted({digest(code) for code in inline_scripts(page)})
    more = WEBASSEMBLY if RUNNING.search(COMMENT.sub("", page)) else {}
    rules = STRICT | {"script-src": " ".join([STRICT["script-src"], *hashes])}
    rules |= {name: f"{rules.get(name, '')} {allowed}".strip() for name, allowed in more.items()}
    content = "; ".join(f"{name} {allowed}" for name, allowed in rules.items())
    place = HEAD if HEAD.search(page) else START
    return place.sub(lambda before: f'{before[0]}<meta http-equiv="{POLICY}" content="{content}">', page, count=1)


def with_faces(page: str) -> str:
    """A page that loads the faces of its text at once; a page without our style sheet, or to be opened from a folder, stays as it is.

    Browsers refuse to load such files ahead from a folder, though not from a style sheet.

    >>> with_faces('<link rel="stylesheet" href="../assets/camfolio.css">').count("preload")
    3
    """
    if SHIM in page:
        return page
    link = '<link rel="preload" href="{}{}" as="font" type="font/woff2" crossorigin>'
    return STYLES.sub(
        lambda found: "".join(link.format(found["assets"], face) for face in FACES) + found[0], page, count=1
    )


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
