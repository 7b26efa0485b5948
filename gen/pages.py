"""Script of mkdocs-gen-files: passes all pages that camfolio renders to MkDocs."""

from __future__ import annotations

import mkdocs_gen_files

config = mkdocs_gen_files.config
site = config.plugins["camfolio"].site(config)
for page in site.texts:
    with mkdocs_gen_files.open(page.path, "wb") as file:
        file.write(page.content)
    if page.edit_path:
        mkdocs_gen_files.set_edit_path(page.path, page.edit_path)
config.nav = site.nav(config.nav)
