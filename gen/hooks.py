"""MkDocs hooks: pictures come straight from the store, and compiled templates of the theme are kept between builds."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.livereload import LiveReloadServer
from mkdocs.structure.files import File, Files


def beside_results(config: MkDocsConfig, name: str) -> Path | None:
    """A folder of ours where results are kept; none where they cannot be written, which a page says already."""
    store = json.loads(os.environ.get("CAMFOLIO_SITE", "{}")).get("store", "artifacts")
    folder = Path(config.config_file_path).parent / store / name
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder if folder.is_dir() else None


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Let MkDocs copy the pictures straight from the store: nothing is read or written twice."""
    for picture in config.extra.pop("pictures", ()):
        files.append(File.generated(config, picture.path, abs_src_path=str(picture.origin)))
    return files


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:  # noqa: ARG001 - MkDocs passes it
    """Give the theme's environment a bytecode cache beside the results."""
    if folder := beside_results(config, ".templates"):
        env.bytecode_cache = FileSystemBytecodeCache(str(folder))
    return env


def on_serve(server: LiveReloadServer, config: MkDocsConfig, **_: object) -> None:
    """Render again when something that is computed beside the server is there: then it writes into this folder."""
    if folder := beside_results(config, ".serving"):
        server.watch(str(folder))
