"""The project of a study: its root, what its mkdocs.yml says to the plugin, and whether its user code may run."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from camfolio.errors import StudyError

CONFIGURATION = "mkdocs.yml"
PLUGIN = "camfolio"
NO_USER_CODE = "CAMFOLIO_NO_USER_CODE"
"""Environment variable that refuses user code if it is not empty; the option `--no-user-code` sets it."""


class Lenient(yaml.SafeLoader):
    """Safe YAML in which a value with an unknown tag, such as `!ENV` or one of Python, is nothing."""


Lenient.add_constructor(None, lambda *_: None)


def refuse_user_code() -> None:
    """Have this process and those that it starts run no user code."""
    os.environ[NO_USER_CODE] = "1"


def user_code_refused() -> bool:
    """Whether no user code is run: neither modules that a study names, nor what a template could call."""
    return bool(os.environ.get(NO_USER_CODE))


def project_of(folder: Path) -> Path:
    """The project of a study's folder: the nearest folder with `mkdocs.yml`, that folder or one above it; else the folder itself."""
    return folders_of(folder)[-1]


def folders_of(folder: Path) -> Sequence[Path]:
    """A study's folder and those above it, up to the root of its project."""
    folder = Path(os.path.normpath(folder.absolute()))
    above = (folder, *folder.parents)
    root = next((parent for parent in above if (parent / CONFIGURATION).is_file()), folder)
    return above[: above.index(root) + 1]


def read_configuration(project: Path) -> Mapping[str, Any]:
    """The keys of `mkdocs.yml` that are plain values; empty if there is no such file.

    Raises:
        StudyError: if it cannot be read.
    """
    file = project / CONFIGURATION
    if not file.is_file():
        return {}
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Lenient)  # noqa: S506 - Lenient is a SafeLoader
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        msg = f"Expected YAML in {file}, but got {getattr(error, 'problem', None) or type(error).__name__}. Correct it."
        raise StudyError(msg) from None
    return content if isinstance(content, dict) else {}


def allowed_packages(project: Path) -> tuple[str, ...]:
    """Installed packages whose classes and functions the studies of a project may name: `packages` of the plugin in `mkdocs.yml`.

    Raises:
        StudyError: if `mkdocs.yml` cannot be read, or is not the project's alone.
    """
    plugins = read_configuration(project).get("plugins")
    listed = plugins if isinstance(plugins, list) else [plugins]
    options = [plugin.get(PLUGIN) for plugin in listed if isinstance(plugin, dict)]
    given = [one.get("packages") for one in options if isinstance(one, dict)]
    names = tuple(name for one in given if isinstance(one, list) for name in one if isinstance(name, str))
    if names and (reason := not_ours(project / CONFIGURATION, project)):
        msg = f"Expected {CONFIGURATION} in a place that is the project's alone, but {reason}."
        raise StudyError(msg)
    return names


def not_ours(file: Path, project: Path) -> str:
    """Why somebody else may have written a file of a project, in words with the remedy; empty if that cannot be."""
    actual, root = file.resolve(), project.resolve()
    if not actual.is_relative_to(root):
        return f"{file.name} is a link out of the project {root}. Copy the file"
    places = [place for place in (actual, *actual.parents) if place.is_relative_to(root)]
    for place in places if os.name == "posix" else ():
        if place.stat().st_mode & stat.S_IWOTH:
            return f"every user of this computer can write to {place}. Change that with chmod o-w, or move the project"
    return ""


def check_links(folder: Path, project: Path) -> None:
    """Check that no link in a folder leads out of the project.

    Raises:
        StudyError: naming the first one.
    """
    root = project.resolve()
    paths = [folder, *(Path(place, name) for place, folders, files in os.walk(folder) for name in (*folders, *files))]
    for path in paths:
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            msg = f"Expected files of the project, but {path} is a link to {path.readlink()}. Delete it, or copy the file."
            raise StudyError(msg)
