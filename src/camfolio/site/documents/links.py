"""Links of documents: inside the document, to the published portfolio, or only their words."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from camfolio.site.documents.rewriting import Around, Attributes, tag

ALONE = re.compile(r'(?<=[.>])\s*<a\b[^>]*?\shref="(?P<href>[^"]*)"[^>]*>[^<]*</a>\.(?=\s*(?:<|$))')
"""A sentence at the end of a paragraph that is nothing but a link."""


@dataclass(frozen=True)
class Links:
    """Where links of a page lead.

    Attributes:
        page: the page's path in the site.
        inside: path of a page -> the anchor of its beginning in the document.
        address: of the published portfolio; may be empty.
    """

    page: str
    inside: Mapping[str, str]
    address: str = ""

    def target(self, href: str) -> str:
        """The address of a link as it is in the document; empty if it has none there.

        >>> links = Links("lung/index.md", {"lung/index.md": "top", "lung/explorer.md": "explorer"}, "https://a.org/x/")
        >>> links.target("#roc"), links.target("explorer.md?method=1"), links.target("evidence.md#scores")
        ('#roc', '?method=1#explorer', 'https://a.org/x/lung/evidence/#scores')
        >>> links.target("figures/roc-data.csv"), Links("lung/index.md", {}).target("evidence.md")
        ('https://a.org/x/lung/figures/roc-data.csv', '')
        """
        parts = urlsplit(href)
        if parts.scheme or parts.netloc or not parts.path:
            return href
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.page), parts.path))
        if path in self.inside:
            return urlunsplit(("", "", "", parts.query, parts.fragment or self.inside[path]))
        if not self.address:
            return ""
        there = urlsplit(f"{self.address.rstrip('/')}/{published(path)}")
        return urlunsplit(there._replace(query=parts.query, fragment=parts.fragment))

    def without_lone(self, text: str) -> str:
        """HTML without the sentences that are nothing but a link that has no address in the document."""
        return ALONE.sub(lambda found: found[0] if self.target(found["href"].replace("&amp;", "&")) else "", text)

    def change(self, attributes: Attributes) -> Around:
        """The tags of a link: a link, or nothing but its words."""
        href = self.target(attributes.get("href", ""))
        if not href:
            return tag(
                "span", {name: value for name, value in attributes.items() if name in ("id", "class")}
            ), "</span>"
        return tag("a", {**attributes, "href": href}), "</a>"


def published(path: str) -> str:
    """The address in a built site of a page or file.

    >>> published("lung/index.md"), published("lung/model.md"), published("lung/figures/roc.csv")
    ('lung/', 'lung/model/', 'lung/figures/roc.csv')
    """
    folder, name = posixpath.split(path)
    if name == "index.md":
        return f"{folder}/" if folder else ""
    return f"{path.removesuffix('.md')}/" if name.endswith(".md") else path


@dataclass
class Notes:
    """Links that lead out of a document as numbered notes, for print; equal addresses have one number.

    Attributes:
        numbers: address -> number.
    """

    numbers: dict[str, int] = field(default_factory=dict)

    def noted(self, around: Around, href: str) -> Around:
        """The tags of a link with the number of its note behind it."""
        if not urlsplit(href).scheme:
            return around
        number = self.numbers.setdefault(href, len(self.numbers) + 1)
        return around[0], f'{around[1]}<sup class="note">{number}</sup>'
