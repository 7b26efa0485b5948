"""Pages of a study as HTML without a theme: what documents are made of."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from camfolio.pipeline.portfolio import Portfolio
from camfolio.site.pages import check_names, pictures, study_pages, with_numbers
from camfolio.site.templates import DEFAULTS, FRONT, make_environment
from camfolio.store.private import user_cache
from camfolio.study.project import docs_of

TITLE = re.compile(r"\s*<h1\b[^>]*>(?P<words>.*?)</h1>", re.DOTALL)

SECTION = re.compile(r'<h2 id="(?P<anchor>[^"]*)">(?P<words>.*?)</h2>', re.DOTALL)


@dataclass(frozen=True)
class Source:
    """What a document is made from.

    Attributes:
        project: the folder with `gen/`.
        portfolio: a study with its results.
        convert: from the Markdown of a page to HTML, see `mkdocs.markdown.converter`.
        address: of the published portfolio, for links to its other pages; may be empty.
    """

    project: Path
    portfolio: Portfolio
    convert: Callable[[str], str]
    address: str = ""

    def environment(self) -> Environment:
        """The templates of the project and the package."""
        check_names([Path(f"{self.portfolio.name}.yaml")], self.project)
        return make_environment(self.project / "gen" / "templates", user_cache())

    def file(self, path: str) -> Path | None:
        """The file at a path of the site: of the study's results, of the project's documents, or of the package; None if there is none."""
        if path.startswith("../"):
            return None
        beside = [docs_of(self.project) / path, DEFAULTS / path]
        return self.results.get(path) or next((file for file in beside if file.is_file()), None)

    @cached_property
    def results(self) -> Mapping[str, Path]:
        """Path in the site -> the file, of the study's results."""
        return {picture.path: picture.origin for picture in pictures(self.portfolio)}


@dataclass(frozen=True)
class Article:
    """A page of a study.

    Attributes:
        path: in the site, such as `lung-nodules/index.md`.
        title: its heading, as HTML.
        body: what follows the heading, as HTML.
    """

    path: str
    title: str
    body: str

    @property
    def name(self) -> str:
        """Its name in the study: `index` is the write-up."""
        return posixpath.splitext(posixpath.basename(self.path))[0]


def articles(source: Source, environment: Environment, components: str) -> Mapping[str, Article]:
    """Name of a page -> the page, of all pages of a study.

    Args:
        source: the study.
        environment: its templates.
        components: folder of the templates of figures and tables.
    """
    pages = with_numbers(study_pages(environment, source.portfolio, {}, components=components))
    read = [article(page.path, source.convert(FRONT.sub("", page.content.decode(), count=1))) for page in pages]
    return {page.name: page for page in read}


def article(path: str, text: str) -> Article:
    """A page from its HTML; one without a heading at its beginning has an empty title."""
    found = TITLE.match(text)
    return Article(path, found["words"], text[found.end() :]) if found else Article(path, "", text)


def sections(body: str) -> Mapping[str, Markup]:
    """Anchor -> words of the sections of a page, for its contents."""
    return {found["anchor"]: Markup(found["words"]) for found in SECTION.finditer(body)}  # noqa: S704 - HTML of the page
