"""Templates and what they become: Jinja that stops at a missing value, and pages as values."""

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
from camfolio.site.source_words import formulas, told
from camfolio.store.code import version
from camfolio.store.files import file_digest
from camfolio.study.checklists import CHECKLISTS

SUFFIX = ".md.jinja"
DEFAULTS = Path(__file__).parent / "defaults"
"""What a project shows unless it has a file of the same name: templates, assets, references."""
TEMPLATES = DEFAULTS / "templates"


@dataclass(frozen=True)
class Page:
    """One file of the site: its path there, its bytes, and its template, `gen/...` if it is the project's."""

    path: str
    content: bytes
    source: str = ""

    @property
    def edit_path(self) -> str:
        """The template to edit, from the folder of documents; empty if it is the package's."""
        return f"../{self.source}" if self.source.startswith("gen/") else ""


def make_environment(templates: Path, compiled: Path) -> Environment:
    """Jinja that stops at a missing value and takes every value as text, never as markup.

    A template that the project's folder `templates` lacks is the package's, and so is a reference. Compiled templates are kept in the folder `compiled`. Formulas and other constants in them are already worded, so
    their names carry the digest of the module that words and the version of the library that sets formulas.
    """
    compiled.mkdir(parents=True, exist_ok=True)
    worded = f"{file_digest(Path(wording.__file__))[:12]}-{version('latex2mathml')}"
    environment = Environment(
        bytecode_cache=FileSystemBytecodeCache(str(compiled), f"pages-{worded}-%s"),
        loader=FileSystemLoader([templates, TEMPLATES]),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=wording.as_text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= wording.FILTERS | {"formulas": formulas, "told": told}
    environment.tests |= wording.TESTS
    environment.globals |= {"checklists": CHECKLISTS, "answered": answered_all, "method_words": METHOD_WORDS}
    files = (DEFAULTS / "references.bib", templates.parent / "references.bib")
    known = [read_bibliography(file, compiled) for file in files]
    environment.globals["bibliography"] = known[0] | known[1]
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
    """Every template that stands directly in a folder, as pages under `target`."""
    names = [name for name in environment.list_templates() if name.startswith(folder) and name.endswith(SUFFIX)]
    here = [name for name in names if "/" not in name.removeprefix(folder)]
    return [
        render(environment, name, target + name.removeprefix(folder), values, portfolio, components=components)
        for name in here
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
    """One page; marks stand where numbers of figures and references to them will be.

    Args:
        environment: Jinja's.
        template: its name there.
        path: of the page, with the template's suffix.
        values: what the template may use.
        portfolio: whose figures it may call; none for pages that belong to no study.
        components: the folder of templates that figures and tables fill.

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
        msg = f"{error} This is said by {source_of(environment, template)}{line_of(error, template)}."
        raise PageError(msg) from None
    except CamfolioError:
        raise
    except (TemplateError, TypeError, KeyError, ValueError, ArithmeticError, AttributeError) as error:
        place = f"{source_of(environment, template)}{line_of(error, template)}"
        msg = f"Expected a template that can be filled, but got {error} in {place}."
        raise PageError(msg) from error
    return Page(path.removesuffix(".jinja"), content.encode(), source_of(environment, template))


def source_of(environment: Environment, template: str) -> str:
    """Where a template stands: `gen/templates/NAME` in the project, or `camfolio/site/defaults/templates/NAME`."""
    own, _ = cast("FileSystemLoader", environment.loader).searchpath
    folder = "gen/templates" if Path(own, template).is_file() else "camfolio/site/defaults/templates"
    return f"{folder}/{template}"


def template_names(templates: Path) -> list[str]:
    """Names of all templates, those of a project's folder and the package's."""
    return FileSystemLoader([templates, TEMPLATES]).list_templates()


def line_of(error: BaseException, template: str) -> str:
    """The line of the template in which rendering stopped, if it is known."""
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename.replace("\\", "/").endswith(template):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f", line {line}" if line else ""
