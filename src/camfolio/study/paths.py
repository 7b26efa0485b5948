"""Files, folders and user modules that a study refers to, and the keys that name them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from camfolio.errors import StudyError, shortened
from camfolio.study.project import project_of
from camfolio.study.settings import Study
from camfolio.study.sources import PATHS
from camfolio.study.user_modules import check_user_code

KeyPath = tuple[str | int, ...]
Document = dict[Any, Any]
"""A parsed file before validation; keys may be of any type."""
ARGUMENTS = "init_args"
"""Key of arguments of user code, whose values are in no message."""
DATA_SECTIONS = ("data", "external")
FILES: tuple[tuple[str, str], ...] = (
    *((part, key) for part in DATA_SECTIONS for key in PATHS),
    ("network", "checkpoint"),
)
"""Section and key of every setting that is a file or a folder."""


def resolve_paths(document: Document, path: Path, lines: Mapping[KeyPath, int]) -> None:
    """Resolve paths in a study relative to the study file's folder.

    A study file from another source must not read files outside the project. Symbolic links inside the project may
    point anywhere, since the project's owner created them.

    Raises:
        StudyError: for an absolute path or one outside the project.
    """
    folder, home = path.parent, project_of(path.parent)
    for section, key in FILES:
        value = document.get(section)
        if isinstance(value, dict) and isinstance(value.get(key), str):
            resolved = folder / value[key]
            if not Path(os.path.normpath(folder.absolute() / value[key])).is_relative_to(home):
                where = position((section, key), path, lines, {})
                msg = (
                    f"Expected a relative path inside the project, but got {shortened(value[key])} for {section}.{key} ({where}). "
                    f"Put the data there, or a link to them, or give it with --set {section}.{key}=PATH."
                )
                raise StudyError(msg)
            value[key] = str(resolved)


def position(key_path: KeyPath, path: Path, lines: Mapping[KeyPath, int], given: Mapping[KeyPath, str]) -> str:
    """The command-line override, or the file and line, of a key or its nearest enclosing key."""
    for end in range(len(key_path), -1, -1):
        if key_path[:end] in given:
            return f"from --set {without_argument(given[key_path[:end]])}"
        if key_path[:end] in lines:
            return f"{path}, line {lines[key_path[:end]]}"
    return str(path)


def without_argument(override: str) -> str:
    """A `key.key=value` from the command line, without the value of an argument of user code: a path or token perhaps."""
    key, equals, _ = override.partition("=")
    return f"{key}{equals}..." if ARGUMENTS in key.split(".") else override


def check_files(study: Study, path: Path, lines: Mapping[KeyPath, int], given: Mapping[KeyPath, str]) -> None:
    """Check that the files of a study exist, and that its user code may run.

    Raises:
        StudyError: for the first that does not, or may not.
    """
    for part, key in FILES:
        settings = getattr(study, part)
        file = getattr(settings, key, None)
        kind = "folder" if key == "path" and getattr(settings, "folder", False) else "file"
        if file is not None and not exists(file, kind):
            where = position((part, key), path, lines, given)
            msg = f"Expected a {kind}, but there is none at {shortened(str(file))} for {part}.{key} ({where}). Check the path."
            raise StudyError(msg)
    for key_path, name in user_names(study).items():
        check_user_code(name, path.parent, position(key_path, path, lines, given))


def exists(file: Path, kind: str) -> bool:
    """Whether a folder or file exists; none does whose name the file system refuses."""
    try:
        return file.is_dir() if kind == "folder" else file.is_file()
    except OSError:
        return False


def user_names(study: Study) -> dict[KeyPath, str]:
    """Path of keys -> MODULE.NAME, for every setting that names user code."""
    names: dict[KeyPath, str] = {}
    for i, method in enumerate(study.explanation.methods):
        if method in study.explanation.user_methods:
            names["explanation", "methods", i] = method
    for part in (*DATA_SECTIONS, "network"):
        if name := getattr(getattr(study, part), "class_path", None):
            names[part, "class_path"] = name
    return names
