"""The mkdocs-gen-files script: hands every page that camfolio renders to MkDocs."""

from __future__ import annotations

import sys
from pathlib import Path

import mkdocs_gen_files

# Under `mkdocs serve` this script runs again and again in one process: forget our package, so that edits count at once.
for name in [name for name in sys.modules if name.partition(".")[0] == "camfolio"]:
    del sys.modules[name]

from camfolio.site import site_for  # noqa: E402 - after the purge

config = mkdocs_gen_files.config
site = site_for(Path(config.config_file_path).parent, serving="serve" in sys.argv)
for page in site.pages:
    with mkdocs_gen_files.open(page.path, "wb") as file:
        file.write(page.content)
    if page.source:
        mkdocs_gen_files.set_edit_path(page.path, f"../{page.source}")
config.nav = site.nav(config.nav)
