"""Jinja templates of pages, for which a missing value is an error, and rendering of pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, TemplateError

from camfolio.errors import CamfolioError, PageError
from camfolio.method_words import METHOD_WORDS
from camfolio.pipeline.portfolio import Portfolio
from camfolio.site import wording
from camfolio.site.components.bibliography import Citations, Reference, read_bibliography
from camfolio.site.components.checklist import answered_all
from camfolio.site.components.figures import Figures, see
from camfolio.site.source_words import filled, formulas
from camfolio.store.code import version
from camfolio.store.files import file_digest
from camfolio.study.checklists import CHECKLISTS

SUFFIX = ".md.jinja"
DEFAULTS = Path(__file__).parent / "defaults"
"""Templates, assets and references of the package; a project replaces one by a file of the same name."""
TEMPLATES = DEFAULTS / "templates"


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


def make_environment(templates: Path, compiled: Path) -> Environment:
    """The Jinja environment of all pages: an undefined variable is an error, and every value is escaped.

    Args:
        templates: the project's templates; those that it lacks are the package's. References are merged alike.
        compiled: folder for compiled templates. They contain formatted constants, such as formulas, so their names
            include the digest of the module `wording` and the version of the library that renders formulas.
    """
    compiled.mkdir(parents=True, exist_ok=True)
    formatting = f"{file_digest(Path(wording.__file__))[:12]}-{version('latex2mathml')}"
    environment = Environment(
        bytecode_cache=FileSystemBytecodeCache(str(compiled), f"pages-{formatting}-%s"),
        loader=FileSystemLoader([templates, TEMPLATES]),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=wording.as_text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= wording.FILTERS | {"formulas": formulas, "filled": filled}
    environment.tests |= wording.TESTS
    environment.globals |= {"checklists": CHECKLISTS, "answered": answered_all, "method_words": METHOD_WORDS}
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
    components: str = "components",
) -> list[Page]:
    """Pages under `target` from every template directly in a folder."""
    names = [name for name in environment.list_templates() if name.startswith(folder) and name.endswith(SUFFIX)]
    direct = [name for name in names if "/" not in name.removeprefix(folder)]
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
    citations = Citations(cast("Mapping[str, Reference]", environment.globals["bibliography"]))
    figures = Figures(environment, portfolio, components) if portfolio else None
    callables = {"see": see, "cite": citations.cite, "cited": citations.cited, "references": citations.references} | (
        {"figure": figures.figure, "table": figures.table, "plate": figures.plate} if figures else {}
    )
    try:
        content = environment.get_template(template).render({**values, **callables})
        citations.check()
    except PageError as error:
        msg = f"{error} The template is {source_of(environment, template)}{line_of(error, template)}."
        raise PageError(msg) from None
    except CamfolioError:
        raise
    except (TemplateError, TypeError, KeyError, ValueError, ArithmeticError, AttributeError) as error:
        place = f"{source_of(environment, template)}{line_of(error, template)}"
        msg = f"Expected a template that can be filled, but got {error} in {place}."
        raise PageError(msg) from error
    return Page(path.removesuffix(".jinja"), content.encode(), source_of(environment, template))


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
