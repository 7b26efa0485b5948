"""The mkdocs-gen-files script: hands every page that camfolio renders to MkDocs."""

from __future__ import annotations

import sys
from pathlib import Path

import mkdocs_gen_files
from mkdocs.exceptions import MkDocsException

# Under `mkdocs serve` this script runs again and again in one process: forget our package, so that edits count at once.
for name in [name for name in sys.modules if name.partition(".")[0] == "camfolio"]:
    del sys.modules[name]

from camfolio.errors import CamfolioError  # noqa: E402 - after the purge
from camfolio.site import site_for  # noqa: E402 - after the purge

config = mkdocs_gen_files.config
try:
    site = site_for(Path(config.config_file_path).parent, serving="serve" in sys.argv)
except CamfolioError as error:
    stop = MkDocsException(str(error))  # ends MkDocs with this sentence and no traceback
    stop.exit_code = error.exit_status  # type: ignore[misc]  # click reads it from the exception it caught
    raise stop from None
for page in site.pages:
    with mkdocs_gen_files.open(page.path, "wb") as file:
        file.write(page.content)
    if page.source:
        mkdocs_gen_files.set_edit_path(page.path, f"../{page.source}")
config.nav = site.nav(config.nav)
