"""Configurations of MkDocs: what the pages need in them, and one for exported pages.

The latter is read by MkDocs' own loader, with what it inherits, and written with its tags, none of which is acted on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from mkdocs.exceptions import ConfigurationError
from mkdocs.utils.yaml import yaml_load

from camfolio.errors import PageError
from camfolio.site.pages import Site

OURS = ("camfolio", "gen-files")
"""Plugins that make the pages, which an export holds as files."""
LEFT_OUT = ("watch", "site_dir")
NEEDED = {
    "markdown_extensions": ("attr_list", "md_in_html", "admonition"),
    "extra_css": ("assets/camfolio.css",),
    "extra_javascript": ("assets/camfolio.js",),
}
"""Key -> what the pages need there, besides the extensions that MkDocs always has."""


class Kept(yaml.SafeLoader):
    """Safe YAML in which a value with an unknown tag, such as `!ENV` or one of Python, stays the node that it is."""


class Writer(yaml.SafeDumper):
    """Writes these nodes as they were read."""


Kept.add_constructor(None, lambda _, node: node)
Writer.add_multi_representer(yaml.Node, lambda _, node: node)


def read_as_written(file: Path) -> dict[str, Any]:
    """All keys of a configuration, those that it inherits among them. Nothing is run, and nothing is taken from the environment.

    Raises:
        PageError: if MkDocs cannot read it.
    """
    try:
        with file.open("rb") as opened:
            content: Any = yaml_load(opened, Kept)  # type: ignore[arg-type]  # any loader of PyYAML does
    except (ConfigurationError, OSError, ValueError, TypeError, RecursionError) as error:
        words = " ".join(str(error).split()) or type(error).__name__
        msg = f"Expected a configuration of MkDocs in {file}, but got: {words.rstrip('.')}. Correct it."
        raise PageError(msg) from None
    if not isinstance(content, dict):
        msg = f"Expected keys and values in {file}, but got {type(content).__name__}. Correct it."
        raise PageError(msg)
    return content


def without_us(file: Path, site: Site) -> tuple[str, dict[str, Path]]:
    """A configuration for the exported pages of a site: the project's, without the plugins that made the pages.

    Args:
        file: the project's configuration.
        site: its pages.

    Returns:
        Its text, and the files that it names beside `docs/`: path in the export -> the theme's folder, or a hook.

    Raises:
        PageError: if MkDocs cannot read the file.
    """
    settings = {key: value for key, value in read_as_written(file).items() if key not in LEFT_OUT}
    changed = {**settings, "docs_dir": "docs", "plugins": other_plugins(settings.get("plugins"))}
    if "nav" in settings:
        changed["nav"] = site.nav(settings["nav"])
    changed |= {key: with_needed(key, settings.get(key)) for key in NEEDED}
    if isinstance(settings.get("extra"), dict):
        changed["extra"] = {key: value for key, value in settings["extra"].items() if not is_ours(value)}
    beside: dict[str, Path] = {}
    theme, hooks = settings.get("theme"), settings.get("hooks")
    if isinstance(theme, dict) and isinstance(theme.get("custom_dir"), str):
        beside["theme"] = file.parent / theme["custom_dir"]
        changed["theme"] = {**theme, "custom_dir": "theme"}
    if isinstance(hooks, list):
        names = {f"hooks/{at}/{Path(hook).name}": file.parent / hook for at, hook in enumerate(map(str, hooks), 1)}
        beside |= names
        changed["hooks"] = list(names)
    return yaml.dump(changed, Dumper=Writer, sort_keys=False, allow_unicode=True), beside


def is_ours(value: object) -> bool:
    """Whether a value of a configuration is a name of this package, which is not there where exported pages are built."""
    return isinstance(value, yaml.Node) and value.tag.startswith("tag:yaml.org,2002:python/name:camfolio.")


def with_needed(key: str, given: Any) -> Any:  # noqa: ANN401 - a list or a mapping, of names and options
    """A value of a configuration, with what the pages need and it lacks in front, so that what an author adds comes later."""
    listed = [{name: options} for name, options in given.items()] if isinstance(given, dict) else given or []
    if not isinstance(listed, list):
        return given
    names = {str(next(iter(one), "") if isinstance(one, dict) else one) for one in listed}
    return [*(name for name in NEEDED[key] if name not in names), *listed]


def other_plugins(listed: Any) -> Any:  # noqa: ANN401 - a list or a mapping, of names and options
    """The plugins that do not make the pages."""
    if isinstance(listed, dict):
        return {name: options for name, options in listed.items() if name not in OURS}
    if isinstance(listed, list):
        return [one for one in listed if (next(iter(one), "") if isinstance(one, dict) else one) not in OURS]
    return ["search"]
