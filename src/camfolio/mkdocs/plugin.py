"""The MkDocs plugin `camfolio`: pictures straight from the store, built pages finished, a mistake as one sentence.

`gen/pages.py` asks it for the pages and hands them to mkdocs-gen-files.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemBytecodeCache
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files

from camfolio.errors import CamfolioError
from camfolio.site.head import finish_site
from camfolio.site.pages import Picture, Site
from camfolio.site.project import order, site_for
from camfolio.site.serving import FOLDER, Background

log = logging.getLogger("mkdocs.plugins.camfolio")


class Settings(Config):  # type: ignore[no-untyped-call]  # MkDocs leaves `__init_subclass__` bare
    """None: a study file says everything."""


class CamfolioPlugin(BasePlugin[Settings]):  # type: ignore[no-untyped-call]  # the same
    """One for all builds of a process.

    Attributes:
        background: computes what is missing while the site is served; none in a build.
        pictures: files of the latest site, which MkDocs copies from where they are.
        started: when the process began, in seconds since 1970.
    """

    def __init__(self) -> None:
        self.background: Background | None = None
        self.pictures: Sequence[Picture] = ()
        self.started = time.time()

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:  # noqa: ARG002 - MkDocs passes it
        """MkDocs keeps a plugin with this event from build to build."""
        self.background = Background() if command == "serve" else None

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Take the site's address from SITE_URL where mkdocs.yml names none: cards need whole addresses."""
        config.site_url = config.site_url or os.environ.get("SITE_URL", "")
        return config

    def site(self, config: MkDocsConfig) -> Site:
        """All pages of the project.

        Raises:
            MkDocsException: with the sentence of a mistake and its exit status, unless the site is served.
        """
        if self.background and (edited := edited_since(self.started)):
            log.warning("Restart the server: it does not see your edit of %s.", ", ".join(edited))
        try:
            site = site_for(Path(config.config_file_path).parent, self.background)
        except CamfolioError as error:
            stop = MkDocsException(str(error))
            stop.exit_code = error.exit_status  # type: ignore[misc]  # click reads it from the exception it caught
            raise stop from None
        self.pictures = site.pictures
        return site

    @event_priority(-50)  # after mkdocs-gen-files, whose script asks for the site
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Let MkDocs copy pictures from the store and assets from the package: nothing is read or written twice."""
        for picture in self.pictures:
            files.append(File.generated(config, picture.path, abs_src_path=str(picture.origin)))
        return files

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:  # noqa: ARG002 - MkDocs passes it
        """Keep the theme's compiled templates beside the results."""
        if folder := beside_results(config, ".templates"):
            env.bytecode_cache = FileSystemBytecodeCache(str(folder))
        return env

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, **_: object) -> LiveReloadServer:
        """Render again when something that is computed beside the server is there."""
        if folder := beside_results(config, FOLDER):
            server.watch(str(folder))
        return server

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Give built pages policy and card; a served one holds the script that reloads it."""
        if not self.background:
            finish_site(Path(config.site_dir), config.site_url or "")


def beside_results(config: MkDocsConfig, name: str) -> Path | None:
    """A folder of ours where results are kept; none where they cannot be written, which a page says already."""
    folder = Path(config.config_file_path).parent / order()["store"] / name
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder if folder.is_dir() else None


def edited_since(start: float) -> list[str]:
    """Modules of the package that this process imported before they were edited; stages are imported by others."""
    ours = {name: module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "camfolio"}
    files = {name: Path(file) for name, file in ours.items() if file}
    return sorted(name for name, file in files.items() if not file.exists() or file.stat().st_mtime > start)
