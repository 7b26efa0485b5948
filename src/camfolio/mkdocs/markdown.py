"""Markdown of pages as HTML without a theme, with the extensions of a project's configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from markdown import Markdown
from mkdocs.config.base import Config
from mkdocs.config.config_options import MarkdownExtensions, Private
from mkdocs.exceptions import ConfigurationError
from mkdocs.utils.yaml import yaml_load

from camfolio.errors import PageError
from camfolio.mkdocs.configuration import with_needed
from camfolio.study.project import configuration_of, user_code_refused

KEY = "markdown_extensions"


class Extensions(Config):  # type: ignore[no-untyped-call]  # MkDocs leaves `__init_subclass__` bare
    """The one key of a configuration that is read here, with the extensions that MkDocs always has."""

    markdown_extensions = MarkdownExtensions(builtins=["toc", "tables", "fenced_code"], configkey="mdx_configs")
    mdx_configs = Private[dict[str, Any]]()


def converter(project: Path) -> Callable[[str], str]:
    """A function from the Markdown of a page, without front matter, to its HTML, with the same anchors as on the built page.

    Extensions of the project are programs: where user code is refused, only those that our own pages need are used.

    Args:
        project: the folder with the configuration of MkDocs.

    Raises:
        PageError: if the configuration cannot be read, or names an extension that is not installed.
    """
    file = None if user_code_refused() else configuration_of(project)
    config = Extensions(config_file_path=str(file or ""))
    config.load_dict({KEY: with_needed(KEY, extensions_in(file))})
    failed, _ = config.validate()
    for _, error in failed:
        words = " ".join(str(error).split()).rstrip(".")
        msg = f"Expected extensions of Markdown in {file}, but got: {words}. Correct or install them."
        raise PageError(msg)
    options = {**config.mdx_configs, "toc": {**config.mdx_configs.get("toc", {}), "permalink": False}}

    def convert(text: str) -> str:
        return str(Markdown(extensions=config.markdown_extensions, extension_configs=options).convert(text))

    return convert


def extensions_in(file: Path | None) -> Any:  # noqa: ANN401 - whatever is written there, which MkDocs checks
    """What a configuration says of extensions, or what it inherits.

    Raises:
        PageError: if MkDocs cannot read it.
    """
    if file is None:
        return None
    try:
        with file.open("rb") as opened:
            return yaml_load(opened).get(KEY)
    except (ConfigurationError, OSError, ValueError, AttributeError, RecursionError) as error:
        words = " ".join(str(error).split()) or type(error).__name__
        msg = f"Expected a configuration of MkDocs in {file}, but got: {words.rstrip('.')}. Correct it."
        raise PageError(msg) from None
