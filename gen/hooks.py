"""MkDocs hooks: pictures come straight from the store, and compiled templates of the theme are kept between builds."""

from __future__ import annotations

import json
import os
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Let MkDocs copy the pictures straight from the store: nothing is read or written twice."""
    for picture in config.extra.pop("pictures", ()):
        files.append(File.generated(config, picture.path, abs_src_path=str(picture.origin)))
    return files


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:  # noqa: ARG001 - MkDocs passes it
    """Give the theme's environment a bytecode cache beside the results; none where results cannot be written."""
    store = json.loads(os.environ.get("CAMFOLIO_SITE", "{}")).get("store", "artifacts")
    folder = Path(config.config_file_path).parent / store / ".templates"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        env.bytecode_cache = FileSystemBytecodeCache(str(folder))
    except OSError:
        pass  # the page says so already
    return env
