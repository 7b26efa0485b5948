"""Pages as values: templates filled with a study's results; a number that is missing stops the build.

`study/*.md.jinja` is rendered once per study, `*.md.jinja` once per site, each from `gen/templates` or, if it is not
there, from the package. Nothing here knows MkDocs: its plugin, or the export, writes the files in `Site.pages`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment

import camfolio
from camfolio.errors import StudyError
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import Portfolio, open_portfolio
from camfolio.site.additions import ADDITIONS
from camfolio.site.api import public_names
from camfolio.site.components.figures import figures_of
from camfolio.site.components.numbering import numbered
from camfolio.site.rooms import rooms
from camfolio.site.stage_graph import stage_graph
from camfolio.site.study_keys import sections
from camfolio.site.templates import DEFAULTS, SUFFIX, Page, make_environment, render_folder, template_names
from camfolio.site.values import results
from camfolio.store.artefacts import Store

ORDER = ("index", "evidence", "shortcut", "reporting", "explorer", "data", "model")
"""Pages of a study as the navigation shows them; others follow by name."""
PICTURES = ("light.svg", "dark.svg", "light.png", "data.csv")
RASTER = ("card", "matrix", "explorer")
"""Stages whose every file is shown."""
TABLES = {"scoreboard": "comparisons.csv"}
"""Stage -> the table of it that a page links to."""


@dataclass(frozen=True)
class Picture:
    """A file that is shown as it is: its path in the site, and the finished file, which need not be read here."""

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
        """The files of figures, and styles, scripts and icons of the package."""
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
        "stage_graph": stage_graph(stages(portfolios[0].study, studies[0].parent)),
        "additions": ADDITIONS,
        "public_names": public_names(store.root / ".templates"),
        "settings": sections(),
        "studies": [results(one) for one in portfolios if not one.study.shortcut],
        "shortcuts": [results(one) for one in portfolios if one.study.shortcut],
    }
    pages, navigation = [], []
    for portfolio in portfolios:
        written = study_pages(environment, portfolio, shared)
        navigation.append((portfolio.label, [page.path for page in written]))
        pages += written
    pages += render_folder(environment, "", "", shared)
    shown = [picture for portfolio in portfolios for picture in pictures(portfolio)]
    return Site([*counted(pages), *shown, *assets(project)], navigation)


def assets(project: Path) -> list[Picture]:
    """The package's styles, scripts and icons, except those of which the project has a file of the same name."""
    files = {file.relative_to(DEFAULTS).as_posix(): file for file in sorted(DEFAULTS.glob("assets/**/*.*"))}
    return [Picture(name, file) for name, file in files.items() if not (project / "docs" / name).is_file()]


def check_names(studies: Sequence[Path], project: Path) -> None:
    """A study's file name is the address of its section: plain, its own, and no other page's.

    Raises:
        StudyError: for the first name that cannot be an address.
    """
    pages = [
        name for name in template_names(project / "gen" / "templates") if name.endswith(SUFFIX) and "/" not in name
    ]
    pages += [page.name for page in project.glob("docs/*.md")]
    taken = {"assets", "search", *(page.partition(".")[0] for page in pages)}
    for path in studies:
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", path.stem, re.ASCII):
            msg = f"Expected a file name of letters, digits, dots, dashes and underscores, but got {path.name!r}. Rename it."
            raise StudyError(msg)
        if path.stem in taken:
            msg = f"Expected a file name that no other part of the site has, but got {path.name!r}. Rename it."
            raise StudyError(msg)
        taken.add(path.stem)


def study_pages(
    environment: Environment, portfolio: Portfolio, shared: Mapping[str, Any], *, components: str = "components"
) -> list[Page]:
    """The pages of one study in the order of the navigation."""
    folder = "shortcut/" if portfolio.study.shortcut else "study/"
    values = {**shared, **results(portfolio)}
    pages = render_folder(environment, folder, f"{portfolio.name}/", values, portfolio, components=components)
    order = {f"{portfolio.name}/{name}.md": place for place, name in enumerate(ORDER)}
    return sorted(pages, key=lambda page: (order.get(page.path, len(order)), page.path))


def counted(pages: Sequence[Page]) -> list[Page]:
    """The pages with their figures and tables counted and all references to them filled in."""
    texts = numbered({page.path: page.content.decode() for page in pages}, {page.path: page.source for page in pages})
    return [replace(page, content=texts[page.path].encode()) for page in pages]


def pictures(portfolio: Portfolio) -> list[Picture]:
    """The files of a study's figures, under `STUDY/figures/`, and the small pictures of its examples and explorer.

    A figure with nothing to draw has none.
    """
    small = [
        Picture(f"{portfolio.name}/{stage}/{file}", (portfolio.artefacts[stage] / file).resolve())
        for stage in RASTER
        if stage in portfolio.artefacts
        for file in portfolio.artefacts[stage].manifest.outputs
    ]
    small += [
        Picture(f"{portfolio.name}/{stage}/{file}", (portfolio.artefacts[stage] / file).resolve())
        for stage, file in TABLES.items()
        if stage in portfolio.artefacts
    ]
    return small + [
        Picture(f"{portfolio.name}/figures/{name}-{file}", (artefact / file).resolve())
        for name, artefact in figures_of(portfolio).items()
        for file in PICTURES
        if file in artefact.manifest.outputs
    ]
