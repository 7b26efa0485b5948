"""The head of a built page: a Content-Security-Policy without eval, and what a link to the page shows elsewhere."""

from __future__ import annotations

import base64
import hashlib
import html
import re

INLINE = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
NO_CODE = re.compile(r'\bsrc=|\btype="?application/(ld\+)?json')
HEAD = "<head>"
STRICT = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # attributes with sizes, which run nothing
    "img-src": "'self' data: blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'none'",
}


def with_policy(page: str) -> str:
    """A page whose first words in its head allow only our own files, and of the scripts in it those that are there now.

    >>> with_policy("<head></head>")[:64]
    '<head><meta http-equiv="Content-Security-Policy" content="defaul'
    """
    hashes = sorted(
        {digest(found["code"]) for found in INLINE.finditer(page) if not NO_CODE.search(found["attributes"])}
    )
    rules = STRICT | {"script-src": " ".join([STRICT["script-src"], *hashes])}
    content = "; ".join(f"{name} {allowed}" for name, allowed in rules.items())
    return page.replace(HEAD, f'{HEAD}<meta http-equiv="Content-Security-Policy" content="{content}">', 1)


def with_card(page: str, *, title: str, description: str, address: str, card: str) -> str:
    """A page with title, description and picture for link previews; what is not known is left out.

    Args:
        page: its HTML.
        title: escaped or not.
        description: the same.
        address: of the page, whole, or empty.
        card: address of the picture (1200 x 630), whole, or empty.
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
    """A script's digest, as the policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
