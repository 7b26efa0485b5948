"""The site of a project, as the generator's script asks for it: which studies, and what to show when one is wrong."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from camfolio.errors import CamfolioError, StudyError
from camfolio.site import wording
from camfolio.site.pages import Site, make_site
from camfolio.site.serving import in_background
from camfolio.site.templates import SUFFIX, Page
from camfolio.store.artefacts import Store
from camfolio.store.files import file_error
from camfolio.study.file import study_files

MISTAKE = "# This site cannot be built yet\n\n{}\n\nSave the corrected file: this page reloads by itself.\n"
VARIABLE = "CAMFOLIO_SITE"
log = logging.getLogger("mkdocs.plugins.camfolio")


def site_for(project: Path, *, serving: bool) -> Site:
    """All pages of a project.

    Args:
        project: the folder with `gen/`; results are kept in its `artifacts/`.
        serving: a mistake becomes a page that says it, so that the browser shows it and the next edit mends it;
            otherwise it is raised.

    Raises:
        CamfolioError: the first mistake, unless serving.
    """
    paths: list[Path] = []
    try:
        wanted = order()
        store = Store(project / wanted["store"])
        paths += [Path(path) for path in wanted["studies"]] or study_files(project / "gen" / "studies")
        if not paths:
            msg = "Expected a study file, but there is none in gen/studies. Copy one from the documentation."
            raise StudyError(msg)
        words = in_background(paths, store, wanted["overrides"]) if serving else ""
        return notice_site(project, paths, words) if words else make_site(project, store, paths, wanted["overrides"])
    except (CamfolioError, OSError) as caught:
        error = file_error(caught) if isinstance(caught, OSError) else caught
        if not serving:
            raise error from None
        log.error("%s", error)  # noqa: TRY400 - the sentence says all; a traceback would hide it
        return notice_site(project, paths, MISTAKE.format(wording.as_text(str(error))))


def order() -> Mapping[str, Any]:
    """What `camfolio site` asked for through the environment; nothing special if it was not asked."""
    asked: dict[str, Any] = json.loads(os.environ.get(VARIABLE, "{}"))
    return {"studies": [], "overrides": [], "store": "artifacts", **asked}


def notice_site(project: Path, studies: Sequence[Path], words: str) -> Site:
    """The same words at every address, so that whatever the browser shows says them and reloads when they are over."""
    templates = project / "gen" / "templates"
    here = [path.name.removesuffix(".jinja") for path in sorted(templates.glob(f"*{SUFFIX}"))]
    inside = [path.name.removesuffix(".jinja") for path in sorted(templates.glob(f"study/*{SUFFIX}"))]
    folders = {path.stem: [f"{path.stem}/{name}" for name in inside] for path in studies}
    pages = [Page(path, words.encode()) for path in (*here, *(one for paths in folders.values() for one in paths))]
    return Site(pages, list(folders.items()))
