"""Pages as values: templates filled with a study's results; a number that is missing stops the build.

`gen/templates/study/*.md.jinja` is rendered once per study, `gen/templates/*.md.jinja` once per site. Nothing here knows
MkDocs: whoever wants files takes `Site.pages` and writes them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

import camfolio
from camfolio import wording
from camfolio.architecture import rooms
from camfolio.datacard import about_data
from camfolio.errors import CamfolioError, PageError, StudyError
from camfolio.reference import sections
from camfolio.store.artefacts import Artefact, Store
from camfolio.store.code import version
from camfolio.store.files import file_digest
from camfolio.study import Portfolio, open_portfolio

SUFFIX = ".md.jinja"
PICTURES = ("light.svg", "dark.svg", "light.png", "data.csv")


@dataclass(frozen=True)
class Page:
    """One file of the site: its path there, its bytes, and the template to edit, relative to the project."""

    path: str
    content: bytes
    source: str = ""


@dataclass(frozen=True)
class Picture:
    """One file of a figure: its path in the site, and the finished file in the store, which need not be read here."""

    path: str
    origin: Path

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return self.origin.read_bytes()


@dataclass(frozen=True)
class Site:
    """All generated files, and per study the pages of its section in the navigation."""

    pages: Sequence[Page | Picture]
    sections: Sequence[tuple[str, Sequence[str]]] = ()

    @property
    def texts(self) -> list[Page]:
        """The rendered pages."""
        return [page for page in self.pages if isinstance(page, Page)]

    @property
    def pictures(self) -> list[Picture]:
        """The files of figures."""
        return [page for page in self.pages if isinstance(page, Picture)]

    def nav(self, written: Sequence[Any]) -> list[Any]:
        """The navigation of mkdocs.yml with its entry `studies` replaced by one section per study."""
        generated = [{html.escape(title): list(paths)} for title, paths in self.sections]
        return [entry for given in written for entry in (generated if given == "studies" else [given])]


def make_site(project: Path, store: Store, studies: Sequence[Path], overrides: Sequence[str] = ()) -> Site:
    """Compute what is missing and render every page.

    Args:
        project: the folder with `gen/templates`.
        store: where results are kept.
        studies: study files, in the order of the navigation.
        overrides: `key.key=value`, applied to every study.

    Raises:
        CamfolioError: the first mistake in a study, a stage or a template.
    """
    check_names(studies, project)
    portfolios = [open_portfolio(path, store, overrides) for path in studies]
    environment = make_environment(project / "gen" / "templates", store.root / ".templates")
    shared = {
        "version": camfolio.__version__,
        "rooms": rooms(),
        "settings": sections(),
        "studies": [results(one) for one in portfolios],
    }
    pages: list[Page | Picture] = [*render_folder(environment, "", "", shared)]
    navigation = []
    for portfolio in portfolios:
        written = study_pages(environment, portfolio, shared)
        pages += written
        navigation.append((portfolio.label, [page.path for page in written if page.path.endswith(".md")]))
    return Site(pages, navigation)


def check_names(studies: Sequence[Path], project: Path) -> None:
    """A study's file name is the address of its section: plain, its own, and no other page's.

    Raises:
        StudyError: for the first name that cannot be an address.
    """
    pages = [*project.glob(f"gen/templates/*{SUFFIX}"), *project.glob("docs/*.md")]
    taken = {"assets", "search", *(page.name.partition(".")[0] for page in pages)}
    for path in studies:
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", path.stem, re.ASCII):
            msg = f"Expected a file name of letters, digits, dots, dashes and underscores, but got {path.name!r}. Rename it."
            raise StudyError(msg)
        if path.stem in taken:
            msg = f"Expected a file name that no other part of the site has, but got {path.name!r}. Rename it."
            raise StudyError(msg)
        taken.add(path.stem)


def study_pages(environment: Environment, portfolio: Portfolio, shared: Mapping[str, Any]) -> list[Page | Picture]:
    """The section of one study: its pages, index first, and the pictures."""
    pages = render_folder(environment, "study/", f"{portfolio.name}/", {**shared, **results(portfolio)}, portfolio)
    pages.sort(key=lambda page: (not page.path.endswith("/index.md"), page.path))
    return [*pages] + [
        picture for name, artefact in figures_of(portfolio).items() for picture in pictures(portfolio, name, artefact)
    ]


def figures_of(portfolio: Portfolio) -> dict[str, Artefact]:
    """Figure name -> its artefact."""
    return {
        name.removeprefix("figure-"): artefact
        for name, artefact in portfolio.artefacts.items()
        if name.startswith("figure-")
    }


def pictures(portfolio: Portfolio, name: str, artefact: Artefact) -> list[Picture]:
    """The files of one figure under `STUDY/figures/`; none if there was nothing to draw."""
    return [
        Picture(f"{portfolio.name}/figures/{name}-{file}", (artefact / file).resolve())
        for file in PICTURES
        if file in artefact.manifest.outputs
    ]


def results(portfolio: Portfolio) -> dict[str, Any]:
    """What templates may use of one study."""
    read = portfolio.artefacts
    return {
        "name": portfolio.name,
        "label": portfolio.label,
        "study": portfolio.study,
        "classes": portfolio.study.classes,
        **about_data(portfolio),
        "split": read["split"].json("split.json"),
        "training": read["training"].json("training.json"),
        "evaluation": read["evaluation"].json("evaluation.json"),
        "localisation": read["localisation"].json("localisation.json"),
        "cases": read["selection"].json("cases.json"),
        "teaser": read["figure-teaser"].json("figure.json"),
        "provenance": {name: artefact.manifest for name, artefact in read.items()},
    }


def make_environment(templates: Path, compiled: Path) -> Environment:
    """Jinja that stops at a missing value and takes every value as text, never as markup.

    Compiled templates are kept in the folder `compiled`. Formulas and other constants in them are already worded, so
    their names carry the digest of the module that words and the version of the library that sets formulas.
    """
    compiled.mkdir(parents=True, exist_ok=True)
    worded = f"{file_digest(Path(wording.__file__))[:12]}-{version('latex2mathml')}"
    environment = Environment(
        bytecode_cache=FileSystemBytecodeCache(str(compiled), f"pages-{worded}-%s"),
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=wording.as_text,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    environment.filters |= wording.FILTERS
    return environment


def render_folder(
    environment: Environment, folder: str, target: str, values: Mapping[str, Any], portfolio: Portfolio | None = None
) -> list[Page]:
    """Every template that stands directly in a folder, as pages under `target`."""
    names = [name for name in environment.list_templates() if name.startswith(folder) and name.endswith(SUFFIX)]
    here = [name for name in names if "/" not in name.removeprefix(folder)]
    return [render(environment, name, target + name.removeprefix(folder), values, portfolio) for name in here]


def render(
    environment: Environment, template: str, path: str, values: Mapping[str, Any], portfolio: Portfolio | None
) -> Page:
    """One page; figures are numbered in the order in which the template calls them.

    Raises:
        PageError: naming template and line.
    """
    numbered = Figures(figures_of(portfolio)) if portfolio else None
    try:
        content = environment.get_template(template).render({**values, "figure": numbered})
    except CamfolioError:
        raise
    except (TemplateError, TypeError, KeyError, ValueError, ArithmeticError, AttributeError) as error:
        msg = f"Expected a template that can be filled, but got {error} in gen/templates/{template}{line_of(error, template)}."
        raise PageError(msg) from error
    return Page(path.removesuffix(".jinja"), content.encode(), f"gen/templates/{template}")


def line_of(error: BaseException, template: str) -> str:
    """The line of the template in which rendering stopped, if it is known."""
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename.replace("\\", "/").endswith(template):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f", line {line}" if line else ""


class Figures:
    """The figure macro of one page: `{% call figure("roc") %}caption{% endcall %}`."""

    def __init__(self, artefacts: Mapping[str, Artefact]) -> None:
        self.artefacts = artefacts
        self.number = 0

    def __call__(self, name: str, caller: Any, *, wide: bool = False) -> Markup:  # noqa: ANN401 - Jinja's caller
        """Both themes' pictures, a numbered caption and downloads; or the sentence why there is nothing to see."""
        if name not in self.artefacts:
            msg = f"Expected a figure of this study, but got {name!r}. Known: {', '.join(sorted(self.artefacts))}."
            raise PageError(msg)
        about = self.artefacts[name].json("figure.json")
        if "empty" in about:
            return Markup('<div class="empty" markdown="span">{}</div>\n').format(wording.as_text(about["empty"]))
        self.number += 1
        pictures = [self.picture(name, theme, about) for theme in ("light", "dark")]
        links = Markup(" ").join(self.link(name, file, words) for file, words in DOWNLOADS.items())
        return Markup(
            '<figure markdown="1" id="{id}"{wide}>\n\n{pictures}\n\n<figcaption markdown="span">'
            '<strong>Figure {number}.</strong> {caption} <span class="downloads">{links}</span></figcaption>\n\n</figure>\n'
        ).format(
            id=name,
            wide=Markup(' class="wide"') if wide else "",
            pictures=Markup("\n").join(pictures),
            number=self.number,
            caption=Markup(str(caller()).strip().replace("\n", " ")),  # noqa: S704 - the template's own words, values escaped
            links=links,
        )

    @staticmethod
    def picture(name: str, theme: str, about: Mapping[str, Any]) -> Markup:
        """One theme's picture with its size, so that the page does not jump while it loads."""
        return Markup(
            '![{alt}](figures/{name}-{theme}.svg#only-{theme}){{ width="{width}" height="{height}" }}'
        ).format(
            alt=wording.as_text(about["alt"]), name=name, theme=theme, width=about["width"], height=about["height"]
        )

    @staticmethod
    def link(name: str, file: str, words: str) -> Markup:
        """A download."""
        return Markup("[{words}](figures/{name}-{file}){{ download }}").format(words=words, name=name, file=file)


DOWNLOADS = {"light.svg": "SVG", "light.png": "PNG", "data.csv": "CSV"}
