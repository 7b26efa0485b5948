"""All pages of a site as values: templates rendered with the results of its studies; a missing value is an error.

`study/*.md.jinja` is rendered once per study, `*.md.jinja` once per site, each from `gen/templates` or, if it is not
there, from the package. This module is independent of MkDocs: the plugin, or the export, writes the files in
`Site.pages`.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment

import camfolio
from camfolio.errors import PageError, StudyError
from camfolio.pipeline.contents import stages
from camfolio.pipeline.live import PAGE
from camfolio.pipeline.portfolio import Portfolio, open_portfolio
from camfolio.site.additions import ADDITIONS
from camfolio.site.api import public_names
from camfolio.site.components.figures import SiteFigures, figures_of, method_figures
from camfolio.site.components.numbering import numbered
from camfolio.site.lazy import later
from camfolio.site.live import live_files
from camfolio.site.number_tables import number_tables
from camfolio.site.numbers import typeset
from camfolio.site.progress import StudyProgress
from camfolio.site.rooms import rooms
from camfolio.site.runtime import BrowserRuntime
from camfolio.site.stage_graph import stage_graph
from camfolio.site.study_keys import sections
from camfolio.site.template_values import template_values
from camfolio.site.templates import DEFAULTS, SUFFIX, Page, WaitingPage, make_environment, render_folder, template_names
from camfolio.site.values import results
from camfolio.store.artefacts import Store
from camfolio.store.private import user_cache
from camfolio.study.project import docs_of

ORDER = ("index", "try", "evidence", "claims", "shortcut", "reporting", "explorer", "data", "model")
"""Pages of a study in the order of the navigation; others follow by name."""
PICTURES = ("light.svg", "dark.svg", "phone-light.svg", "phone-dark.svg", "light.png", "data.csv")
"""Files of a figure that the site contains."""
RASTER = ("card", "overview", "matrix", "explorer")
"""Stages all of whose files the site contains."""
TABLES = {"scoreboard": "comparisons.csv"}
"""Stage -> its table to which a page links."""
STUDIES = "studies"
"""Entry of the navigation in whose place the studies are."""
TAKEN = ("404", "404.html", "assets", "search", "sitemap.xml", "sitemap.xml.gz")
"""Names at the top of a built site."""
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names that no file may have on Windows."""


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
    def waiting(self) -> list[WaitingPage]:
        """The pages that wait for results."""
        return [page for page in self.pages if isinstance(page, WaitingPage)]

    @property
    def pictures(self) -> list[Picture]:
        """Files of figures, styles, scripts and icons."""
        return [page for page in self.pages if isinstance(page, Picture)]

    def nav(self, written: Any) -> Any:  # noqa: ANN401 - MkDocs has lists, mappings and texts in any order
        """The navigation of mkdocs.yml with `studies`, in any of its sections, replaced by one section per study.

        None, for which MkDocs lists all pages by their paths, stays None.
        """
        if isinstance(written, Mapping):
            return {title: self.nav([part] if part == STUDIES else part) for title, part in written.items()}
        if not isinstance(written, list):
            return written
        sections = [{html.escape(title): list(paths)} for title, paths in self.sections]
        return [entry for part in written for entry in (sections if part == STUDIES else [self.nav(part)])]


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
    opened = {path: open_portfolio(path, store, overrides) for path in studies}
    return render_site(project, opened, results_folder=store.root)


def render_site(
    project: Path,
    opened: Mapping[Path, Portfolio],
    progress: Mapping[str, StudyProgress] = MappingProxyType({}),
    results_folder: Path | None = None,
) -> Site:
    """Render every page; one whose results are not finished shows the progress instead.

    Args:
        project: the folder with `gen/templates`.
        opened: study file -> the opened study, in the order of the navigation.
        progress: study -> its progress, of those with results that are not finished.
        results_folder: where the runtime of networks in browsers is kept; without it they cannot run.

    Raises:
        CamfolioError: the first mistake in a template.
    """
    check_links(project)
    portfolios, first = list(opened.values()), next(iter(opened))
    kept = user_cache()
    environment = make_environment(project / "gen" / "templates", kept)
    runtime = BrowserRuntime(results_folder, docs_of(project))
    environment.globals |= {"progress": progress, "runtime": runtime}
    shared = {
        "version": camfolio.__version__,
        "rooms": rooms(),
        "stage_graph": stage_graph(stages(opened[first].study, first.parent)),
        "additions": ADDITIONS,
        "public_names": public_names(kept),
        "settings": sections(),
        "template_values": template_values(kept),
        "method_figures": method_figures(portfolios),
        "figure": SiteFigures(environment, portfolios).figure,
        "studies": [results(portfolio) for portfolio in portfolios if not portfolio.study.shortcut],
        "shortcuts": [results(portfolio) for portfolio in portfolios if portfolio.study.shortcut],
    }
    pages, navigation = [], []
    for portfolio in portfolios:
        section = study_pages(environment, portfolio, shared)
        navigation.append((portfolio.label, [page.path for page in section]))
        pages += section
    pages += render_folder(environment, "", "", shared)
    tables = [table for portfolio in portfolios for table in number_tables(portfolio)]
    all_pictures = [picture for portfolio in portfolios for picture in pictures(portfolio)]
    fetched = [Picture(path, file.resolve()) for path, file in runtime.files.items()]
    return Site([*with_numbers(pages), *tables, *all_pictures, *fetched, *assets(project)], navigation)


def assets(project: Path) -> list[Picture]:
    """Styles, scripts and icons of the package, except those that the project replaces by a file of the same name."""
    files = {file.relative_to(DEFAULTS).as_posix(): file for file in sorted(DEFAULTS.glob("assets/**/*.*"))}
    docs = docs_of(project)
    return [Picture(name, file) for name, file in files.items() if not (docs / name).is_file()]


def check_names(studies: Sequence[Path], project: Path) -> None:
    """Check that file names of studies, the addresses of their sections, are plain and unique in the site on every system.

    Raises:
        StudyError: for the first unsuitable name.
    """
    pages = [
        name for name in template_names(project / "gen" / "templates") if name.endswith(SUFFIX) and "/" not in name
    ]
    files = [file.name for file in docs_of(project).glob("*") if file.is_file()]
    pages += [name for name in files if name.endswith(".md")]
    taken = {name.lower() for name in (*TAKEN, *files, *(page.partition(".")[0] for page in pages))}
    for path in studies:
        plain = re.fullmatch(r"[A-Za-z0-9]([\w.-]*[\w-])?", path.stem, re.ASCII)
        if not plain or DEVICE.fullmatch(path.stem):
            msg = f"Expected a file name of letters, digits, dots, dashes and underscores, but got {path.name!r}. Rename it."
            if plain:
                msg = f"Expected a file name that every system allows, but got {path.name!r}. Rename it."
            raise StudyError(msg)
        if path.stem.lower() in taken:
            msg = f"Expected a file name that no other part of the site has, also in other case, but got {path.name!r}. Rename it."
            raise StudyError(msg)
        taken.add(path.stem.lower())


def check_links(project: Path, folder: Path | None = None, above: tuple[Path, ...] = ()) -> None:
    """Check that links in `docs/`, whose files are published, stay in the project and lead to no folder around them.

    Args:
        project: the folder with `gen/`.
        folder: of which the links are checked; None for its documents.
        above: folders on the way to it, without links.

    Raises:
        PageError: for the first other link.
    """
    folder = folder or docs_of(project)
    above = (*above, folder.resolve())
    for path in (folder, *sorted(folder.iterdir())) if folder.is_dir() else ():
        there = Path(os.path.realpath(path))  # which takes links in a circle, too
        if path.is_symlink() and (not there.is_relative_to(project.resolve()) or (path != folder and there in above)):
            msg = (
                f"Expected links in docs/ to files of the project, but {path} leads to {there}. Copy what it leads to."
            )
            raise PageError(msg)
        if path != folder and path.is_dir():
            check_links(project, path, above)


def study_pages(
    environment: Environment, portfolio: Portfolio, shared: Mapping[str, Any], *, components: str = "components"
) -> list[Page]:
    """The pages of one study in the order of the navigation."""
    folder = "shortcut/" if portfolio.study.shortcut else "study/"
    values = {**shared, **later(results(portfolio))}
    left = () if portfolio.study.live else (PAGE,)
    pages = render_folder(
        environment, folder, f"{portfolio.name}/", values, portfolio, left=left, components=components
    )
    order = {f"{portfolio.name}/{name}.md": place for place, name in enumerate(ORDER)}
    return sorted(pages, key=lambda page: (order.get(page.path, len(order)), page.path))


def with_numbers(pages: Sequence[Page]) -> list[Page]:
    """The pages with numbers of figures and tables in place of their marks, links in place of references, and proper signs."""
    texts = numbered(
        {page.path: page.content.decode() for page in pages},
        {page.path: page.source for page in pages},
        [page.path for page in pages if isinstance(page, WaitingPage)],
    )
    return [replace(page, content=typeset(texts[page.path]).encode()) for page in pages]


def pictures(portfolio: Portfolio) -> list[Picture]:
    """Files of a study's figures, under `STUDY/figures/`, of its card, overview, matrix and explorer, and of the networks that run in browsers,
    as far as they are finished; an empty figure has no file.
    """
    finished = portfolio.finished
    direct = [
        Picture(f"{portfolio.name}/{stage}/{file}", (finished[stage] / file).resolve())
        for stage in RASTER
        if stage in finished
        for file in finished[stage].manifest.outputs
    ]
    direct += [
        Picture(f"{portfolio.name}/{stage}/{file}", (finished[stage] / file).resolve())
        for stage, file in TABLES.items()
        if stage in finished
    ]
    direct += [Picture(path, file) for path, file in live_files(portfolio).items()]
    return direct + [
        Picture(f"{portfolio.name}/figures/{name}-{file}", (artefact / file).resolve())
        for name, artefact in figures_of(portfolio).items()
        for file in PICTURES
        if file in artefact.manifest.outputs
    ]
