"""All pages of a site as values: templates rendered with the results of its studies; a missing value is an error.

`study/*.md.jinja` is rendered once per study, `*.md.jinja` once per site, each from `gen/templates` or, if it is not
there, from the package. This module is independent of MkDocs: the plugin, or the export, writes the files in
`Site.pages`.
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
from camfolio.site.template_values import template_values
from camfolio.site.templates import DEFAULTS, SUFFIX, Page, make_environment, render_folder, template_names
from camfolio.site.values import results
from camfolio.store.artefacts import Store

ORDER = ("index", "evidence", "shortcut", "reporting", "explorer", "data", "model")
"""Pages of a study in the order of the navigation; others follow by name."""
PICTURES = ("light.svg", "dark.svg", "light.png", "data.csv")
"""Files of a figure that the site contains."""
RASTER = ("card", "matrix", "explorer")
"""Stages all of whose files the site contains."""
TABLES = {"scoreboard": "comparisons.csv"}
"""Stage -> its table to which a page links."""


@dataclass(frozen=True)
class Picture:
    """A file that is copied unchanged: its path in the site, and the file itself."""

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
        """Files of figures, styles, scripts and icons."""
        return [page for page in self.pages if isinstance(page, Picture)]

    def nav(self, written: Sequence[Any]) -> list[Any]:
        """The navigation of mkdocs.yml with its entry `studies` replaced by one section per study."""
        study_sections = [{html.escape(title): list(paths)} for title, paths in self.sections]
        return [entry for item in written for entry in (study_sections if item == "studies" else [item])]


def make_site(project: Path, store: Store, studies: Sequence[Path], overrides: Sequence[str] = ()) -> Site:
    """Compute missing results and render every page.

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
        "template_values": template_values(store.root / ".templates"),
        "studies": [results(portfolio) for portfolio in portfolios if not portfolio.study.shortcut],
        "shortcuts": [results(portfolio) for portfolio in portfolios if portfolio.study.shortcut],
    }
    pages, navigation = [], []
    for portfolio in portfolios:
        section = study_pages(environment, portfolio, shared)
        navigation.append((portfolio.label, [page.path for page in section]))
        pages += section
    pages += render_folder(environment, "", "", shared)
    all_pictures = [picture for portfolio in portfolios for picture in pictures(portfolio)]
    return Site([*with_numbers(pages), *all_pictures, *assets(project)], navigation)


def assets(project: Path) -> list[Picture]:
    """Styles, scripts and icons of the package, except those that the project replaces by a file of the same name."""
    files = {file.relative_to(DEFAULTS).as_posix(): file for file in sorted(DEFAULTS.glob("assets/**/*.*"))}
    return [Picture(name, file) for name, file in files.items() if not (project / "docs" / name).is_file()]


def check_names(studies: Sequence[Path], project: Path) -> None:
    """Check that file names of studies, the addresses of their sections, are plain and unique in the site.

    Raises:
        StudyError: for the first unsuitable name.
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


def with_numbers(pages: Sequence[Page]) -> list[Page]:
    """The pages with numbers of figures and tables in place of their marks, and links in place of references."""
    texts = numbered({page.path: page.content.decode() for page in pages}, {page.path: page.source for page in pages})
    return [replace(page, content=texts[page.path].encode()) for page in pages]


def pictures(portfolio: Portfolio) -> list[Picture]:
    """Files of a study's figures, under `STUDY/figures/`, and of its card, matrix and explorer; an empty figure has no file."""
    direct = [
        Picture(f"{portfolio.name}/{stage}/{file}", (portfolio.artefacts[stage] / file).resolve())
        for stage in RASTER
        if stage in portfolio.artefacts
        for file in portfolio.artefacts[stage].manifest.outputs
    ]
    direct += [
        Picture(f"{portfolio.name}/{stage}/{file}", (portfolio.artefacts[stage] / file).resolve())
        for stage, file in TABLES.items()
        if stage in portfolio.artefacts
    ]
    return direct + [
        Picture(f"{portfolio.name}/figures/{name}-{file}", (artefact / file).resolve())
        for name, artefact in figures_of(portfolio).items()
        for file in PICTURES
        if file in artefact.manifest.outputs
    ]
