"""The mkdocs-gen-files script: hands every page that camfolio renders to MkDocs."""

from __future__ import annotations

import logging
import runpy
import sys
from pathlib import Path

import mkdocs_gen_files
from mkdocs.exceptions import MkDocsException

# Under `mkdocs serve` this script runs again and again in one process: forget our package, so that edits count at once.
for name in [name for name in sys.modules if name.partition(".")[0] == "camfolio"]:
    del sys.modules[name]

config, serving = mkdocs_gen_files.config, "serve" in sys.argv
project = Path(config.config_file_path).parent
try:
    from camfolio.site.project import site_for

    site = site_for(project, serving=serving)
    config.extra["pictures"] = site.pictures  # gen/hooks.py lets MkDocs copy them from the store
    for page in site.texts:
        with mkdocs_gen_files.open(page.path, "wb") as file:
            file.write(page.content)
        if page.source:
            mkdocs_gen_files.set_edit_path(page.path, f"../{page.source}")
    config.nav = site.nav(config.nav)
except Exception as error:
    if serving:  # whatever happens, requests are answered; the next edit may mend it
        logging.getLogger("mkdocs.plugins.camfolio").exception("This site cannot be built yet")
        runpy.run_path(str(project / "gen" / "broken.py"))["say"](error, project)
        config.nav = None
    elif hasattr(error, "exit_status"):  # a CamfolioError: MkDocs ends with its sentence and no traceback
        stop = MkDocsException(str(error))
        stop.exit_code = error.exit_status  # type: ignore[misc]  # click reads it from the exception it caught
        raise stop from None
    else:
        raise
