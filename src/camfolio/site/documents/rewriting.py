"""Copies of HTML with some elements changed; all else keeps its characters."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import TypeAlias

from markupsafe import Markup

Attributes: TypeAlias = Mapping[str, str]
"""Attributes of an element by their names in lower case, unescaped; one without a value is empty."""
Around: TypeAlias = tuple[str, str]
"""What stands in place of an element's start and end tag."""
Change: TypeAlias = Callable[[str, Attributes], Around | None]
"""What becomes of the tags of an element, from its name and attributes; None leaves them."""
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
"""Elements without an end tag."""


class Rewriting(HTMLParser):
    """Reads HTML and writes it again, with the tags of some elements changed."""

    def __init__(self, change: Change) -> None:
        super().__init__(convert_charrefs=False)
        self.change = change
        self.written: list[str] = []
        self.ends: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write a start tag, and remember what its end becomes."""
        around = self.change(tag, {name: value or "" for name, value in attrs})
        start, end = around or (self.get_starttag_text() or "", f"</{tag}>")
        self.written.append(start)
        if tag not in VOID:
            self.ends.append((tag, end))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write an element that ends at once; in SVG and MathML any may."""
        around = self.change(tag, {name: value or "" for name, value in attrs})
        self.written.append("".join(around) if around else self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """Write the end of the latest open element of this name; those in it that are open have no end tag."""
        while any(name == tag for name, _ in self.ends):
            name, end = self.ends.pop()
            if name == tag:
                self.written.append(end)
                return

    def handle_data(self, data: str) -> None:
        """Write text."""
        self.written.append(data)

    def handle_entityref(self, name: str) -> None:
        """Write a named character."""
        self.written.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Write a numbered character."""
        self.written.append(f"&#{name};")


def rewritten(text: str, change: Change) -> str:
    """HTML with the tags of some elements changed, without comments.

    >>> rewritten('<p>a <b class="x">b</b>&nbsp;c<br>', lambda tag, _: ("<i>", "</i>") if tag == "b" else None)
    '<p>a <i>b</i>&nbsp;c<br>'
    """
    rewriting = Rewriting(change)
    rewriting.feed(text)
    rewriting.close()
    return "".join(rewriting.written)


def tag(name: str, attributes: Attributes) -> str:
    """A start tag.

    >>> tag("a", {"href": "x?a=1&b=2", "download": ""})
    '<a href="x?a=1&amp;b=2" download="">'
    """
    written = [f'{key}="{html.escape(value)}"' for key, value in attributes.items()]
    return f"<{' '.join([name, *written])}>"


def words_of(text: str) -> str:
    r"""The text of HTML on one line, without its tags.

    >>> words_of("<b>a</b> &amp;\n b")
    'a & b'
    """
    return Markup(text).striptags()  # noqa: S704 - it is HTML, and becomes text
