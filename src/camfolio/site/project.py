"""The site of a project for its generator: which studies it has, and a page with the error if it cannot be built."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from camfolio.errors import CamfolioError, StudyError
from camfolio.installed import warn_of_differences
from camfolio.pipeline.portfolio import open_finished
from camfolio.site import wording
from camfolio.site.pages import Site, assets, check_names, make_site, render_site
from camfolio.site.serving import Background
from camfolio.site.templates import SUFFIX, Page, template_names
from camfolio.store.artefacts import Store
from camfolio.store.files import file_error
from camfolio.study.file import study_files

MISTAKE = "# This site cannot be built yet\n\n{}\n\nSave the corrected file: this page reloads by itself.\n"
VARIABLE = "CAMFOLIO_SITE"
log = logging.getLogger("mkdocs.plugins.camfolio")


def site_for(project: Path, background: Background | None = None, places: Sequence[str] = ()) -> Site:
    """All pages of a project.

    Args:
        project: the folder with `gen/`; results are kept in its `artifacts/`.
        background: computes missing results while the site is served; pages that need them show its progress. An error
            is then shown on every page, which reloads after the next edit. None for a build: the error is raised.
        places: folders, relative to the project, or URLs that are asked for a result before it is computed.

    Raises:
        CamfolioError: for the first mistake in a study, a stage or a template, unless the site is served.
    """
    paths: list[Path] = []
    try:
        warn_of_differences(project.resolve())
        options = site_options()
        places = [*options["results"], *(one if "://" in one else str(project / one) for one in places)]
        store = Store(project / options["store"], anew=options["anew"], places=places)
        paths += selected_studies(project, options["studies"])
        if background:
            return served_site(project, store, paths, options["overrides"], background)
        return make_site(project, store, paths, options["overrides"])
    except Exception as caught:  # noqa: BLE001 - the server keeps running after any error, until an edit corrects it
        error = file_error(caught) if isinstance(caught, OSError) else caught
        if not background:
            raise error from None
        return notice_site(project, paths, MISTAKE.format(wording.as_text(sentence(error))))


def served_site(
    project: Path, store: Store, studies: Sequence[Path], overrides: Sequence[str], background: Background
) -> Site:
    """All pages of a project while missing results are computed beside the server.

    Raises:
        CamfolioError: for the first mistake in a study or a template, and for a stage that failed.
    """
    check_names(studies, project)
    opened = {path: open_finished(path, store, overrides) for path in studies}
    background.start(opened, store, overrides)
    site = render_site(project, opened, background.progress, store.root)
    background.watch_pages(site.waiting, opened)
    return site


def selected_studies(project: Path, names: Sequence[str]) -> list[Path]:
    """The named study files, or all of the project if none is named.

    Raises:
        StudyError: if there is none.
    """
    paths = [Path(path) for path in names] or study_files(project / "gen" / "studies")
    if not paths:
        msg = "Expected a study file, but there is none in gen/studies. Copy one from the documentation."
        raise StudyError(msg)
    return paths


def sentence(error: Exception) -> str:
    """The text of an error for pages, also logged; for a bug its type, with the traceback in the log."""
    if isinstance(error, CamfolioError):
        log.error("%s", error)
        return str(error)
    log.error("This site cannot be built yet", exc_info=error)
    return f"{type(error).__name__}: {error}. The traceback is in the terminal."


def site_options() -> Mapping[str, Any]:
    """Options that `camfolio site` passes through the environment, or their defaults: `studies`, `overrides`, `store`, `anew`,
    `results`, and `project` if that is not the folder of mkdocs.yml.
    """
    given: dict[str, Any] = json.loads(os.environ.get(VARIABLE, "{}"))
    return {"studies": [], "overrides": [], "store": "artifacts", "anew": False, "results": [], "project": "", **given}


def notice_site(project: Path, studies: Sequence[Path], text: str) -> Site:
    """A site with the same text on every page, so that any open page shows it and reloads when it is replaced."""
    names = [name for name in template_names(project / "gen" / "templates") if name.endswith(SUFFIX)]
    pages = [name.removesuffix(".jinja") for name in names]
    of_site = [name for name in pages if "/" not in name]
    of_study = [name.removeprefix("study/") for name in pages if name.startswith("study/")]
    folders = {path.stem: [f"{path.stem}/{name}" for name in of_study] for path in studies}
    notices = [Page(path, text.encode()) for path in chain(of_site, *folders.values())]
    return Site([*notices, *assets(project)], list(folders.items()))
