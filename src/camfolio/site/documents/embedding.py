"""Files in the text of a document: pictures and faces as data addresses."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from camfolio.errors import PageError
from camfolio.site.documents.articles import Source
from camfolio.site.documents.paper import svg_without_paper
from camfolio.site.documents.rewriting import Around, Attributes, tag

TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
}
"""Ending of a file -> its media type."""
URL = re.compile(r"""url\(\s*(?P<quote>["']?)(?P<path>(?!data:)[^"')]+)(?P=quote)\s*\)""")
LATE = re.compile(r"font-display:\s*\w+")
STYLE = "assets/camfolio.css"


def data_address(content: bytes, name: str) -> str:
    """The content of a file as an address.

    Raises:
        PageError: for a file of another kind than pictures and faces.
    """
    kind = TYPES.get(posixpath.splitext(name)[1].lower())
    if not kind:
        msg = f"Expected a picture or a face ({', '.join(TYPES)}), but got {name}. Convert it."
        raise PageError(msg)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def picture(source: Source, page: str, attributes: Attributes, *, paper: bool) -> Around:
    """The tag of a picture that a page shows, with the picture in it.

    Args:
        source: the study.
        page: path of the page in the site.
        attributes: of the tag.
        paper: whether figures keep the colour of our paper.

    Raises:
        PageError: for a picture that is neither in the study's results nor in the project.
    """
    given = attributes.get("src", "")
    parts = urlsplit(given)
    if parts.scheme == "data":
        return tag("img", attributes), ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
    file = None if parts.scheme or parts.netloc else source.file(path)
    if file is None:
        msg = f"Expected a picture of the study or in the folder of documents, but got {given!r} on the page {page}. Put a copy there."
        raise PageError(msg)
    content = file.read_bytes()
    if not paper and path.endswith(".svg"):
        content = svg_without_paper(content.decode()).encode()
    kept = {name: value for name, value in attributes.items() if name != "loading"}
    return tag("img", {**kept, "src": data_address(content, path)}), ""


def style(source: Source, path: str = STYLE) -> str:
    """A style sheet of the site with its faces in it, so that text is not drawn before they are there.

    Raises:
        PageError: for a file in it that is not there.
    """

    def embedded(found: re.Match[str]) -> str:
        name = posixpath.normpath(posixpath.join(posixpath.dirname(path), found["path"]))
        return f"url({data_address(existing(source.file, name).read_bytes(), name)})"

    text = existing(source.file, path).read_text(encoding="utf-8")
    return LATE.sub("font-display: block", URL.sub(embedded, text))


def existing(file: Callable[[str], Path | None], path: str) -> Path:
    """The file at a path of the site.

    Raises:
        PageError: if there is none.
    """
    found = file(path)
    if found is None:
        msg = f"Expected {path} in the folder of documents or in camfolio, but there is none. Write it, or remove what names it."
        raise PageError(msg)
    return found
