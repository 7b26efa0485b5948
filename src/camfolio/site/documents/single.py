"""Write-up and explorer of a study as one HTML file that works from disk: it loads nothing, and only the script in it runs."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from camfolio.site.documents.about import About
from camfolio.site.documents.articles import Article, Source, articles, sections
from camfolio.site.documents.bundle import bundled
from camfolio.site.documents.embedding import existing, picture, style
from camfolio.site.documents.links import Links
from camfolio.site.documents.rewriting import Around, Attributes, rewritten, tag
from camfolio.site.documents.templates import RULES, raw, values_of, with_policy
from camfolio.site.head import digest

COMPONENTS, TEMPLATE = "components/single", "documents/single.html"
STYLES = ("documents/page.css", "documents/single.css")
ENTRY = "documents/single.js"
EXPLORER = "explorer"
"""Name of the page, of its part in the document, and of the stage whose files it reads."""
LARGEST = 10_000_000
"""Bytes of the files of an explorer beyond which it is left out: with them the document would have about 18 MB, and mail servers that
take letters of 25 MB take no larger file.
"""
LEFT_OUT = Markup('<p class="empty">The explorer is not in this file, which would have {size} MB more. {where}</p>')
ON_SITE = Markup('It is <a href="{}">on the site</a>.')
TO_BUILD = Markup("It is on the site that <code>camfolio site</code> builds.")


def single_file(source: Source, about: About) -> str:
    """Write-up and explorer as one HTML file.

    A study without an explorer has the write-up alone; an explorer of more than `LARGEST` bytes is replaced by a sentence.

    Args:
        source: the study.
        about: its origin, for the end of the page.

    Raises:
        CamfolioError: the first mistake in a template, a picture that is not there, or a module that cannot be bundled.
    """
    environment = source.environment()
    pages = articles(source, environment, COMPONENTS)
    page, explorer, files = pages["index"], pages.get(EXPLORER), files_of(source)
    size = sum(file.stat().st_size for file in files.values())
    fits = size <= LARGEST
    inside = {page.path: "top"} | ({explorer.path: EXPLORER} if explorer and fits else {})
    body = whole(source, page, inside)
    code = bundled(ENTRY, partial(module, source, environment)).replace("</script", r"<\/script")
    page_css, single_css = (raw(environment, name) for name in STYLES)
    filled = environment.get_template(TEMPLATE).render(
        values_of(source, page, about),
        styles=Markup("\n".join([page_css, style(source), single_css])),  # noqa: S704 - style sheets of camfolio and the project
        script=Markup(code),  # noqa: S704 - modules of camfolio and the project
        parts={"top": "Write-up"} | ({EXPLORER: "Explorer"} if explorer else {}),
        sections=sections(body),
        body=Markup(body),  # noqa: S704 - rendered by templates, values escaped
        explorer_heading=Markup(explorer.title if explorer else ""),  # noqa: S704 - HTML of the page
        explorer=explorer and (whole(source, explorer, inside) if fits else left_out(source, explorer, size)),
        files=encoded(files) if fits else {},
    )
    return with_policy(filled, {**RULES, "script-src": digest(code)}, TEMPLATE)


def whole(source: Source, page: Article, inside: Mapping[str, str]) -> Markup:
    """The body of a page with its pictures in it; tables can scroll sideways, links to what is not in the document lead to the site."""
    links = Links(page.path, inside, source.address)

    def change(name: str, attributes: Attributes) -> Around | None:
        if name == "img":
            return picture(source, page.path, attributes, paper=True)
        if name == "table" and "class" not in attributes:
            return f'<div class="md-typeset__scrollwrap">{tag(name, attributes)}', "</table></div>"
        follows = name == "a" and "href" in attributes and "explorer-data" not in attributes.get("class", "").split()
        return links.change(attributes) if follows else None

    return Markup(rewritten(links.without_lone(page.body), change))  # noqa: S704 - rendered by templates, values escaped


def left_out(source: Source, explorer: Article, size: int) -> Markup:
    """The sentence in place of an explorer that would be too large."""
    address = Links(explorer.path, {}, source.address).target(f"{EXPLORER}.md")
    where = ON_SITE.format(address) if address else TO_BUILD
    return LEFT_OUT.format(size=f"{size * 4 / 3 / 1e6:.0f}", where=where)


def files_of(source: Source) -> Mapping[str, Path]:
    """Name -> file, of all that the explorer reads."""
    folder = f"{source.portfolio.name}/{EXPLORER}/"
    return {path.removeprefix(folder): file for path, file in source.results.items() if path.startswith(folder)}


def encoded(files: Mapping[str, Path]) -> Mapping[str, Markup]:
    """Name -> content in Base64."""
    return {name: Markup(base64.b64encode(file.read_bytes()).decode()) for name, file in files.items()}  # noqa: S704 - Base64


def module(source: Source, environment: Environment, path: str) -> str:
    """The text of a module: of the document, or of the site's explorer."""
    if path == ENTRY:
        return raw(environment, path)
    return existing(source.file, path).read_text(encoding="utf-8")
