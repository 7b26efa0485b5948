"""The MkDocs plugin `camfolio`: pages for mkdocs-gen-files, files of figures from the store, errors as one sentence.

`gen/pages.py` calls `CamfolioPlugin.site` and passes the pages to mkdocs-gen-files.
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

from jinja2 import Environment
from mkdocs.config.base import Config, ValidationError
from mkdocs.config.config_options import URL, ListOfItems, Type
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files

from camfolio.errors import CamfolioError
from camfolio.mkdocs.configuration import NEEDED, with_needed
from camfolio.mkdocs.notices import SAID
from camfolio.site.head import finish_site
from camfolio.site.pages import Picture, Site
from camfolio.site.project import site_for, site_options
from camfolio.site.serving import FOLDER, Background
from camfolio.site.templates import TemplateCache
from camfolio.store.private import private_folder, user_cache
from camfolio.study.project import configuration_of, project_of_configuration, refuse_user_code, use_configuration

log = logging.getLogger("mkdocs.plugins.camfolio")


class Settings(Config):  # type: ignore[no-untyped-call]  # MkDocs leaves `__init_subclass__` bare
    """Settings in the configuration of MkDocs; all others are in the study files."""

    results = ListOfItems(Type(str), default=[])
    """Folders, relative to the project, or URLs that are asked for a result before it is computed."""
    packages = ListOfItems(Type(str), default=[])
    """Installed packages whose classes and functions studies may name; `study.project` reads them, for every command."""
    user_code = Type(bool, default=True)
    """Whether user code of studies may run; if not, templates of the project are filled in a sandbox, too."""


class CamfolioPlugin(BasePlugin[Settings]):  # type: ignore[no-untyped-call]  # the same
    """The plugin; one instance serves all builds of a process.

    Attributes:
        background: computes missing results while the site is served; None in a build.
        pictures: files of the latest site, which MkDocs copies from the store and the package.
        started: start of the process, in seconds since 1970.
    """

    def __init__(self) -> None:
        self.background: Background | None = None
        self.pictures: Sequence[Picture] = ()
        self.started = time.time()

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:  # noqa: ARG002 - MkDocs passes it
        """Start background computation if the site is served; with this event MkDocs keeps the instance between builds."""
        if SAID:
            log.info(SAID)
        self.background = Background() if command == "serve" else None
        show_progress()

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Refuse user code if the configuration does; add what the pages need; take the site's address from SITE_URL if it has none:
        link previews need absolute addresses.

        Raises:
            MkDocsException: for a SITE_URL that is no address.
        """
        if not self.config.user_code:
            refuse_user_code()
        if self.background:
            self.background.file.hold()
        file = configuration_file(config)
        if not site_options()["project"] and file.is_file() and configuration_of(project_folder(config)) != file:
            use_configuration(file)
        for key in NEEDED:
            config[key] = with_needed(key, config[key])
        config.site_url = config.site_url or address_from_environment()
        return config

    def site(self, config: MkDocsConfig) -> Site:
        """All pages of the project.

        Raises:
            MkDocsException: for an error in a study, a stage or a template, with its message and exit status, unless the site is served.
        """
        if self.background and (edited := edited_since(self.started)):
            log.warning(
                "Restart the server: the edited modules %s are still loaded in their old version.", ", ".join(edited)
            )
        try:
            site = site_for(project_folder(config), self.background, self.config.results)
        except CamfolioError as error:
            raise failure(error) from None
        self.pictures = site.pictures
        if site.waiting:  # sections of these pages, to which others link, are not there yet
            config.validation.links.anchors = logging.INFO
        return site

    @event_priority(-50)  # after mkdocs-gen-files, whose script renders the site
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Add figures of the store and assets of the package to the files that MkDocs copies."""
        for picture in self.pictures:
            files.append(File.generated(config, picture.path, abs_src_path=str(picture.origin)))
        return files

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:  # noqa: ARG002 - MkDocs passes them
        """Keep the theme's compiled templates in the user's own cache."""
        if folder := user_cache():
            env.bytecode_cache = TemplateCache(str(folder))
        return env

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, **_: object) -> LiveReloadServer:
        """Render again when the background computation asks for it."""
        if folder := folder_in_store(config, FOLDER):
            server.watch(str(folder))
        return server

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Add policy and link preview to built pages; served pages keep the script that reloads them, and read the progress.

        Raises:
            MkDocsException: for an inline script that is not the theme's.
        """
        site = Path(config.site_dir)
        if self.background:
            self.background.file.release(site, self.background.progress)
            return
        try:
            finish_site(site, config.site_url or "")
        except CamfolioError as error:
            raise failure(error) from None


def failure(error: CamfolioError) -> MkDocsException:
    """The same sentence for MkDocs, which ends with its exit status and without a traceback."""
    shown = MkDocsException(str(error))
    shown.exit_code = error.exit_status  # type: ignore[misc]  # click reads it from the exception it caught
    return shown


def show_progress() -> None:
    """Show what a build computes where MkDocs shows its own messages; they do not count as warnings of a strict build."""
    progress = logging.getLogger("camfolio")
    progress.setLevel(logging.INFO)
    for handler in logging.getLogger("mkdocs").handlers:
        if isinstance(handler, logging.StreamHandler) and handler not in progress.handlers:
            progress.addHandler(handler)


def project_folder(config: MkDocsConfig) -> Path:
    """The project of the configuration, or the one that `camfolio site` names; the current folder if it came from standard input."""
    return Path(site_options()["project"] or project_of_configuration(configuration_file(config)))


def configuration_file(config: MkDocsConfig) -> Path:
    """The file of the configuration; one in the current folder, which need not exist, if it came from standard input."""
    return Path(os.path.abspath(config.config_file_path or "mkdocs.yml"))  # noqa: PTH100 - links stay what they are


def address_from_environment() -> str:
    """The address of the site in SITE_URL, with the slash at its end to which MkDocs adds the addresses of pages; empty if there is none.

    Raises:
        MkDocsException: if it is no address.
    """
    given = os.environ.get("SITE_URL", "")
    try:
        return URL(is_dir=True).run_validation(given)
    except ValidationError:
        msg = f"Expected an address with http:// or https:// in the environment variable SITE_URL, but got {given!r}. Correct it."
        raise MkDocsException(msg) from None


def folder_in_store(config: MkDocsConfig, name: str) -> Path | None:
    """A folder in the store, created if necessary; None if it cannot be written, an error that the pages report."""
    folder = project_folder(config) / site_options()["store"] / name
    with suppress(OSError):
        private_folder(folder)
    return folder if folder.is_dir() else None


def edited_since(start: float) -> list[str]:
    """Modules of the package that were edited after this process imported them; stages run in other processes."""
    loaded = {name: module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "camfolio"}
    files = {name: Path(file) for name, file in loaded.items() if file}
    return sorted(name for name, file in files.items() if not file.exists() or file.stat().st_mtime > start)
