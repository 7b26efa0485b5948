"""Files, folders and user modules that a study refers to, and the keys that name them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from camfolio.errors import StudyError
from camfolio.study.settings import Study
from camfolio.study.sources import PATHS
from camfolio.user_code import is_installed, module_file

KeyPath = tuple[str | int, ...]
Document = dict[Any, Any]
"""A parsed file before validation; keys may be of any type."""
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
    folder, home = path.parent, project_of(path)
    for section, key in FILES:
        value = document.get(section)
        if isinstance(value, dict) and isinstance(value.get(key), str):
            resolved = folder / value[key]
            if not Path(os.path.normpath(folder.absolute() / value[key])).is_relative_to(home):
                where = position((section, key), path, lines, {})
                msg = (
                    f"Expected a relative path inside the project, but got {value[key]} for {section}.{key} ({where}). "
                    f"Put the data there, or a link to them, or give it with --set {section}.{key}=PATH."
                )
                raise StudyError(msg)
            value[key] = str(resolved)


def project_of(path: Path) -> Path:
    """The project folder of a study file: the nearest parent with `mkdocs.yml`, else the file's folder."""
    folder = path.absolute().parent
    return next((parent for parent in (folder, *folder.parents) if (parent / "mkdocs.yml").is_file()), folder)


def position(key_path: KeyPath, path: Path, lines: Mapping[KeyPath, int], given: Mapping[KeyPath, str]) -> str:
    """The command-line override, or the file and line, of a key or its nearest enclosing key."""
    for end in range(len(key_path), -1, -1):
        if key_path[:end] in given:
            return f"from --set {given[key_path[:end]]}"
        if key_path[:end] in lines:
            return f"{path}, line {lines[key_path[:end]]}"
    return str(path)


def check_files(study: Study, path: Path, lines: Mapping[KeyPath, int], given: Mapping[KeyPath, str]) -> None:
    """Check that the files and modules of a study exist.

    Raises:
        StudyError: for the first that does not.
    """
    for part, key in FILES:
        settings = getattr(study, part)
        file = getattr(settings, key, None)
        kind = "folder" if key == "path" and getattr(settings, "folder", False) else "file"
        if file is not None and not (file.is_dir() if kind == "folder" else file.is_file()):
            where = position((part, key), path, lines, given)
            msg = f"Expected a {kind}, but there is none at {file} for {part}.{key} ({where}). Check the path."
            raise StudyError(msg)
    for key_path, name in user_names(study).items():
        module = name.rpartition(".")[0]
        if module_file(module, path.parent) is None and not is_installed(module):
            where = position(key_path, path, lines, given)
            module_path = f"{module.replace('.', '/')}.py"
            msg = f"Expected {module_path} in the study's folder or one above it, but there is none ({where}). Check {name}."
            raise StudyError(msg)


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
