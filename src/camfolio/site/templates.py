"""Jinja templates of pages, for which a missing value is an error, and rendering of pages."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import yaml
from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.bccache import Bucket

from camfolio.errors import CamfolioError, PageError, WaitingError
from camfolio.method_words import METHOD_WORDS
from camfolio.pipeline.portfolio import Portfolio
from camfolio.site import wording
from camfolio.site.components.bibliography import Citations, Reference, read_bibliography
from camfolio.site.components.checklist import answered_all
from camfolio.site.components.figures import Figures, see
from camfolio.site.definitions import definition
from camfolio.site.lazy import LazyContext
from camfolio.site.runtime import BrowserRuntime
from camfolio.site.sandbox import Sandbox
from camfolio.site.source_words import filled, formulas
from camfolio.store.code import version
from camfolio.store.files import file_digest
from camfolio.study.checklists import CHECKLISTS
from camfolio.study.project import check_links, user_code_refused

SUFFIX = ".md.jinja"
DEFAULTS = Path(__file__).parent / "defaults"
"""Templates, assets and references of the package; a project replaces one by a file of the same name."""
TEMPLATES = DEFAULTS / "templates"
WAITING = "partials/waiting.md"
"""Template of a page in place of one whose results are not finished."""
FRONT = re.compile(r"---\n.*?^---\n", re.DOTALL | re.MULTILINE)
"""The front matter at the beginning of a template."""


class TemplateCache(FileSystemBytecodeCache):
    """Compiled templates in a folder; where it cannot be written, they are compiled every time."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write a compiled template, where that is possible."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


@dataclass(frozen=True)
class Page:
    """One file of the site: its path in the site, its bytes, and the path of its template (`gen/...` for a project's template)."""

    path: str
    content: bytes
    source: str = ""

    @property
    def edit_path(self) -> str:
        """The template's path relative to the folder of documents; empty for a template of the package."""
        return f"../{self.source}" if self.source.startswith("gen/") else ""


@dataclass(frozen=True)
class WaitingPage(Page):
    """A page in place of one that cannot be rendered yet, with the progress of its study.

    Attributes:
        study: whose result is not finished.
        stage: of that result, the first one that the page reads.
        again: renders the page again, with the results that are finished by then.
    """

    study: str = ""
    stage: str = ""
    again: Callable[[], Page] | None = None


def make_environment(templates: Path, compiled: Path | None) -> Environment:
    """The Jinja environment of all pages: an undefined variable is an error, and every value is escaped.

    Templates are programs. Where user code is refused they are filled in a sandbox, and nothing compiled is kept: what the
    sandbox compiles is other code under the same name.

    Args:
        templates: the project's templates; those that it lacks are the package's. References are merged alike.
        compiled: folder for compiled templates. They contain formatted constants, such as formulas, so their names
            include the digest of the module `wording` and the version of the library that renders formulas. None: none is kept.

    Raises:
        StudyError: if user code is refused and a template is a link out of the project.
    """
    kind, cache = (Sandbox, None) if user_code_refused() else (Environment, compiled)
    if kind is Sandbox:
        check_links(templates, templates.parent)
    formatting = f"{file_digest(Path(wording.__file__))[:12]}-{version('latex2mathml')}"
    environment = kind(
        bytecode_cache=TemplateCache(str(cache), f"pages-{formatting}-%s") if cache else None,
        loader=FileSystemLoader([templates, TEMPLATES]),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=wording.as_text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.context_class = LazyContext
    environment.filters |= wording.FILTERS | {"definition": definition, "formulas": formulas, "filled": filled}
    environment.tests |= wording.TESTS
    environment.globals["runtime"] = BrowserRuntime()
    environment.globals |= {"checklists": CHECKLISTS, "answered": answered_all, "method_words": METHOD_WORDS}
    environment.globals["method_figures"] = {}  # of a page without studies
    files = (DEFAULTS / "references.bib", templates.parent / "references.bib")
    package, project = (read_bibliography(file, compiled) for file in files)
    environment.globals["bibliography"] = package | project
    return environment


def render_folder(
    environment: Environment,
    folder: str,
    target: str,
    values: Mapping[str, Any],
    portfolio: Portfolio | None = None,
    *,
    left: Collection[str] = (),
    components: str = "components",
) -> list[Page]:
    """Pages under `target` from every template directly in a folder, except those of the pages that are left out."""
    names = [name for name in environment.list_templates() if name.startswith(folder) and name.endswith(SUFFIX)]
    pages = {name: name.removeprefix(folder).removesuffix(SUFFIX) for name in names}
    direct = [name for name, page in pages.items() if "/" not in page and page not in left]
    return [
        render(environment, name, target + name.removeprefix(folder), values, portfolio, components=components)
        for name in direct
    ]


def render(
    environment: Environment,
    template: str,
    path: str,
    values: Mapping[str, Any],
    portfolio: Portfolio | None,
    *,
    components: str = "components",
) -> Page:
    """One page, with marks in place of figure numbers and references to figures (see `numbering`).

    A page that reads a result that is not finished is a `WaitingPage` of the same title.

    Args:
        environment: as `make_environment` returns it.
        template: its name there.
        path: of the page, with the template's suffix.
        values: what the template may use.
        portfolio: the study whose figures it may call; None for pages of the site.
        components: folder of the templates of figures and tables.

    Raises:
        PageError: naming template and line.
    """
    try:
        return filled_page(environment, template, path, values, portfolio, components=components)
    except PageError as error:
        msg = f"{error} The template is {source_of(environment, template)}{line_of(error, template)}."
        raise PageError(msg) from None
    except CamfolioError:
        raise
    except (TemplateError, TypeError, KeyError, ValueError, ArithmeticError, AttributeError) as error:
        place = f"{source_of(environment, template)}{line_of(error, template)}"
        msg = f"Expected a template that can be filled, but got {error} in {place}."
        raise PageError(msg) from error


def filled_page(
    environment: Environment,
    template: str,
    path: str,
    values: Mapping[str, Any],
    portfolio: Portfolio | None,
    *,
    components: str,
) -> Page:
    """The page of a template; one that waits if it reads a result that is not finished."""
    citations = Citations(cast("Mapping[str, Reference]", environment.globals["bibliography"]))
    figures = Figures(environment, portfolio, components) if portfolio else None
    callables = {"see": see, "cite": citations.cite, "cited": citations.cited, "references": citations.references} | (
        {"figure": figures.figure, "table": figures.table, "plate": figures.plate} if figures else {}
    )
    name, source = path.removesuffix(".jinja"), source_of(environment, template)
    try:
        content = environment.get_template(template).render({**values, **callables})
    except WaitingError as error:
        words = waiting_words(environment, template, name, values, error)
        again = partial(render, environment, template, path, values, portfolio, components=components)
        return WaitingPage(name, words.encode(), source, study=error.study, stage=error.stage, again=again)
    citations.check()
    return Page(name, content.encode(), source)


def waiting_words(
    environment: Environment, template: str, name: str, values: Mapping[str, Any], error: WaitingError
) -> str:
    """What is shown in place of a page that reads a result that is not finished, below the front matter of that page."""
    front = front_matter(environment, template, values)
    title = html.unescape(title_of(front)) or Path(name).stem.replace("-", " ").capitalize()
    words = environment.get_template(WAITING).render(title=title, study=error.study)
    return f"{front}{words}"


def front_matter(environment: Environment, template: str, values: Mapping[str, Any]) -> str:
    """The rendered front matter of a template; empty if it has none, or if that needs a result that is not finished."""
    text, _, _ = cast("FileSystemLoader", environment.loader).get_source(environment, template)
    found = FRONT.match(text)
    try:
        return f"{environment.from_string(found[0]).render(values).rstrip()}\n" if found else ""
    except WaitingError:
        return ""


def title_of(front: str) -> str:
    """The title in the front matter of a page, escaped for HTML; empty if there is none."""
    try:
        given = yaml.safe_load(front.strip("-\n"))
    except yaml.YAMLError:
        return ""
    return str(given.get("title", "")) if isinstance(given, dict) else ""


def source_of(environment: Environment, template: str) -> str:
    """The path of a template: `gen/templates/NAME` of the project, or `camfolio/site/defaults/templates/NAME`."""
    project, _ = cast("FileSystemLoader", environment.loader).searchpath
    folder = "gen/templates" if Path(project, template).is_file() else "camfolio/site/defaults/templates"
    return f"{folder}/{template}"


def template_names(templates: Path) -> list[str]:
    """Names of all templates, those of a project's folder and the package's."""
    return FileSystemLoader([templates, TEMPLATES]).list_templates()


def line_of(error: BaseException, template: str) -> str:
    """The line of the template at which rendering failed, as `, line N`; empty if it is unknown."""
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename.replace("\\", "/").endswith(template):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f", line {line}" if line else ""
