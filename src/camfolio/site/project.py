"""The site of a project, as its generator asks for it: which studies, and what to show when one is wrong."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from camfolio.errors import CamfolioError, StudyError
from camfolio.site import wording
from camfolio.site.pages import Site, assets, make_site
from camfolio.site.serving import Background
from camfolio.site.templates import SUFFIX, Page, template_names
from camfolio.store.artefacts import Store
from camfolio.store.files import file_error
from camfolio.study.file import study_files

MISTAKE = "# This site cannot be built yet\n\n{}\n\nSave the corrected file: this page reloads by itself.\n"
VARIABLE = "CAMFOLIO_SITE"
log = logging.getLogger("mkdocs.plugins.camfolio")


def site_for(project: Path, background: Background | None = None) -> Site:
    """All pages of a project.

    Args:
        project: the folder with `gen/`; results are kept in its `artifacts/`.
        background: computes what is missing while the site is served. A mistake is then a page that says it, so that
            the browser shows it and the next edit mends it; without it, a mistake is raised.

    Raises:
        CamfolioError: the first mistake, unless served.
    """
    paths: list[Path] = []
    try:
        wanted = order()
        store = Store(project / wanted["store"])
        paths += wanted_studies(project, wanted["studies"])
        words = background.notice(paths, store, wanted["overrides"]) if background else ""
        return notice_site(project, paths, words) if words else make_site(project, store, paths, wanted["overrides"])
    except Exception as caught:  # noqa: BLE001 - requests are answered whatever happens; the next edit may mend it
        error = file_error(caught) if isinstance(caught, OSError) else caught
        if not background:
            raise error from None
        return notice_site(project, paths, MISTAKE.format(wording.as_text(sentence(error))))


def wanted_studies(project: Path, asked: Sequence[str]) -> list[Path]:
    """The study files asked for, or all of the project.

    Raises:
        StudyError: if there is none.
    """
    paths = [Path(path) for path in asked] or study_files(project / "gen" / "studies")
    if not paths:
        msg = "Expected a study file, but there is none in gen/studies. Copy one from the documentation."
        raise StudyError(msg)
    return paths


def sentence(error: Exception) -> str:
    """What a page says of a mistake, and the terminal too: of a bug its name, and the traceback there."""
    if isinstance(error, CamfolioError):
        log.error("%s", error)
        return str(error)
    log.error("This site cannot be built yet", exc_info=error)
    return f"{type(error).__name__}: {error}. The traceback is in the terminal."


def order() -> Mapping[str, Any]:
    """What `camfolio site` asked for through the environment; nothing special if it was not asked."""
    asked: dict[str, Any] = json.loads(os.environ.get(VARIABLE, "{}"))
    return {"studies": [], "overrides": [], "store": "artifacts", **asked}


def notice_site(project: Path, studies: Sequence[Path], words: str) -> Site:
    """The same words at every address, so that whatever the browser shows says them and reloads when they are over."""
    names = [name for name in template_names(project / "gen" / "templates") if name.endswith(SUFFIX)]
    pages = [name.removesuffix(".jinja") for name in names]
    here = [name for name in pages if "/" not in name]
    inside = [name.removeprefix("study/") for name in pages if name.startswith("study/")]
    folders = {path.stem: [f"{path.stem}/{name}" for name in inside] for path in studies}
    notices = [Page(path, words.encode()) for path in (*here, *(one for paths in folders.values() for one in paths))]
    return Site([*notices, *assets(project)], list(folders.items()))
