"""The write-up of a study as one HTML file for print: title, contents, light figures, and the addresses of its links as notes."""

from __future__ import annotations

import re

from markupsafe import Markup

from camfolio.site.documents.about import About
from camfolio.site.documents.articles import Article, Source, articles, sections
from camfolio.site.documents.embedding import picture, style
from camfolio.site.documents.links import Links, Notes
from camfolio.site.documents.rewriting import Around, Attributes, rewritten, words_of
from camfolio.site.documents.templates import RULES, raw, values_of, with_policy

COMPONENTS, TEMPLATE = "components/print", "documents/report.html"
STYLES = ("documents/page.css", "documents/report.css")
REFERENCES = '<ol class="references">'
"""Where the list of references begins, whose addresses are printed in it."""
ENTRY = re.compile(r'<li id="ref-.*?</li>', re.DOTALL)
UNIT = re.compile(r"(?<=\d) (?=%|(?:HU|mm|MB)\b)")
"""The space between a number and its unit, where no line ends."""
TITLE_LINK = re.compile(r'<a href="(?P<address>[^"]*)">(?P<words>.*?)</a>', re.DOTALL)


def report(source: Source, about: About) -> str:
    """The write-up as one HTML file that a browser prints; it loads nothing, and no script runs in it.

    Args:
        source: the study.
        about: its origin, for the title.

    Raises:
        CamfolioError: the first mistake in a template, or a picture that is not there.
    """
    environment = source.environment()
    page = articles(source, environment, COMPONENTS)["index"]
    notes = Notes()
    body = printed(source, page, notes)
    page_css, report_css = (raw(environment, name) for name in STYLES)
    styles = "\n".join([page_css, style(source), report_css, running(words_of(page.title), about)])
    filled = environment.get_template(TEMPLATE).render(
        values_of(source, page, about),
        styles=Markup(styles),  # noqa: S704 - style sheets of camfolio and the project
        sections={**sections(body), **({"addresses": "Addresses"} if notes.numbers else {})},
        body=Markup(body),  # noqa: S704 - rendered by templates, values escaped
        notes=list(notes.numbers),
    )
    return with_policy(filled, RULES, TEMPLATE)


def printed(source: Source, page: Article, notes: Notes) -> str:
    """The body of a page with its pictures in it, and with links as numbered notes, except in the list of references."""
    links = Links(page.path, {page.path: "top"}, source.address)
    text, found, references = links.without_lone(UNIT.sub("\xa0", page.body)).partition(REFERENCES)

    def change(tag: str, attributes: Attributes) -> Around | None:
        if tag == "img":
            return picture(source, page.path, attributes, paper=False)
        return links.change(attributes) if tag == "a" and "href" in attributes else None

    def noted(tag: str, attributes: Attributes) -> Around | None:
        around = change(tag, attributes)
        return notes.noted(around, links.target(attributes["href"])) if around and tag == "a" else around

    return rewritten(text, noted) + rewritten(found + ENTRY.sub(with_address, references), change)


def with_address(entry: re.Match[str]) -> str:
    """An entry of the list of references with its address at its end, instead of in its title."""
    found = TITLE_LINK.search(entry[0])
    if not found:
        return entry[0]
    plain = TITLE_LINK.sub(r"\g<words>", entry[0], count=1).removesuffix("</li>")
    return f'{plain} <a href="{found["address"]}">{found["address"]}</a></li>'


def running(title: str, about: About) -> str:
    """The texts at the top and the bottom of every page, as rules of CSS."""
    foot = " · ".join(
        [f"{about.study}, {about.day}", *([f"commit {about.commit}"] if about.commit else []), about.software]
    )
    return f"@page {{ @top-left {{ content: {css_text(title)}; }} @bottom-left {{ content: {css_text(foot)}; }} }}"


def css_text(words: str) -> str:
    r"""Words as a string of CSS, in which no character ends it or the style element.

    >>> print(css_text('a "b" </style>'))
    "a \22 b\22  \3c /style\3e "
    """
    return '"' + re.sub(r'["\\<>&\n]', lambda found: f"\\{ord(found[0]):x} ", words) + '"'
