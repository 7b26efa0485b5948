"""The site of a project, as the generator's script asks for it: which studies, and what to show when one is wrong."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from camfolio import wording
from camfolio.errors import CamfolioError, StudyError
from camfolio.pages import Site, make_site
from camfolio.rendering import Page
from camfolio.store.artefacts import Store
from camfolio.store.files import file_error
from camfolio.studyfile import study_files

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
    try:
        wanted = order()
        studies = [Path(path) for path in wanted["studies"]] or study_files(project / "gen" / "studies")
        if not studies:
            msg = "Expected a study file, but there is none in gen/studies. Copy one from the documentation."
            raise StudyError(msg)
        return make_site(project, Store(project / wanted["store"]), studies, wanted["overrides"])
    except (CamfolioError, OSError) as caught:
        error = file_error(caught) if isinstance(caught, OSError) else caught
        if not serving:
            raise error from None
        log.error("%s", error)  # noqa: TRY400 - the sentence says all; a traceback would hide it
        return Site([mistake_page(error)])


def order() -> Mapping[str, Any]:
    """What `camfolio site` asked for through the environment; nothing special if it was not asked."""
    asked: dict[str, Any] = json.loads(os.environ.get(VARIABLE, "{}"))
    return {"studies": [], "overrides": [], "store": "artifacts", **asked}


def mistake_page(error: CamfolioError) -> Page:
    """The home page while something is wrong."""
    words = f"# This site cannot be built yet\n\n{wording.as_text(str(error))}\n\nSave the corrected file: this page reloads by itself.\n"
    return Page("index.md", words.encode())
