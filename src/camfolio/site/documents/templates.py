"""Templates of documents: their texts as they are, and the values that all of them have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from camfolio.errors import PageError
from camfolio.site.documents.about import About
from camfolio.site.documents.articles import Article, Source
from camfolio.site.documents.rewriting import words_of
from camfolio.site.head import POLICY

RULES = {
    "default-src": "'none'",
    "style-src": "'unsafe-inline'",  # the style sheet, and attributes with sizes, which execute nothing
    "img-src": "data:",
    "font-src": "data:",
    "base-uri": "'none'",
    "form-action": "'none'",
}
"""The policy of documents: nothing is asked of any host, and no script runs."""
BEGIN = re.compile(r"<!doctype html>\s*<html\b[^<>]*>\s*<head>", re.IGNORECASE)


def raw(environment: Environment, name: str) -> str:
    """The text of a template that is not filled: a style or script, the project's or else the package's."""
    return cast("FileSystemLoader", environment.loader).get_source(environment, name)[0]


def with_policy(page: str, rules: Mapping[str, str], template: str) -> str:
    """A document with a policy, set before anything that its template holds, which may be another's.

    Args:
        page: its HTML.
        rules: directive of a Content-Security-Policy -> what it allows.
        template: its name, for the message.

    Raises:
        PageError: if there is anything before its head.
    """
    found = BEGIN.match(page)
    if not found:
        msg = f"Expected `<!doctype html>`, `<html>` and `<head>` first in the template {template}, but got {page[:50]!r}. Begin with these."
        raise PageError(msg)
    content = "; ".join(f"{name} {allowed}" for name, allowed in rules.items())
    return f'{found[0]}\n<meta http-equiv="{POLICY}" content="{content}">{page[found.end() :]}'


def values_of(source: Source, page: Article, about: About) -> Mapping[str, Any]:
    """Title, author, description and origin of a document whose first page is given."""
    study = source.portfolio.study
    return {
        "title": words_of(page.title) or study.title,
        "heading": Markup(page.title),  # noqa: S704 - HTML of the page
        "author": study.author,
        "description": study.excerpt,
        "facts": about.facts,
        "source": about.notice,
    }
