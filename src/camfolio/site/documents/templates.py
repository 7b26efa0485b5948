"""Templates of documents: their texts as they are, and the values that all of them have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from camfolio.site.documents.about import About
from camfolio.site.documents.articles import Article, Source
from camfolio.site.documents.rewriting import words_of


def raw(environment: Environment, name: str) -> str:
    """The text of a template that is not filled: a style or script, the project's or else the package's."""
    return cast("FileSystemLoader", environment.loader).get_source(environment, name)[0]


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
