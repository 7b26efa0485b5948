"""What a study names outside of itself: files, folders and modules of the user's own, and where each is named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from camfolio.errors import StudyError
from camfolio.study.settings import Study
from camfolio.study.sources import PATHS
from camfolio.user_code import is_installed, module_file

Place = tuple[str | int, ...]
Document = dict[Any, Any]
"""What stands in a file; a key may be anything until it is validated."""
DATA_SECTIONS = ("data", "external")
FILES: tuple[tuple[str, str], ...] = (
    *((part, key) for part in DATA_SECTIONS for key in PATHS),
    ("network", "checkpoint"),
)
"""Section and key of everything in a study that is a file or a folder."""


def resolve_paths(document: Document, path: Path, lines: Mapping[Place, int]) -> None:
    """Make the paths of files that a study names relative to the study file's folder.

    A stranger's study must not read what lies outside of the project it was put into; links inside may lead
    anywhere, since the project's owner made them.

    Raises:
        StudyError: for an absolute path or one that climbs out of the project.
    """
    folder, home = path.parent, project_of(path)
    for section, key in FILES:
        value = document.get(section)
        if isinstance(value, dict) and isinstance(value.get(key), str):
            wanted = folder / value[key]
            if not Path(os.path.normpath(folder.absolute() / value[key])).is_relative_to(home):
                where = position((section, key), path, lines, {})
                msg = (
                    f"Expected a relative path inside the project, but got {value[key]} for {section}.{key} ({where}). "
                    f"Put the data there, or a link to them, or give it with --set {section}.{key}=PATH."
                )
                raise StudyError(msg)
            value[key] = str(wanted)


def project_of(path: Path) -> Path:
    """The folder of the project in which a study file stands: the nearest one with `mkdocs.yml`, else its own."""
    folder = path.absolute().parent
    return next((place for place in (folder, *folder.parents) if (place / "mkdocs.yml").is_file()), folder)


def position(place: Place, path: Path, lines: Mapping[Place, int], given: Mapping[Place, str]) -> str:
    """The command-line override or the file and line in which the nearest enclosing key stands."""
    for end in range(len(place), -1, -1):
        if place[:end] in given:
            return f"from --set {given[place[:end]]}"
        if place[:end] in lines:
            return f"{path}, line {lines[place[:end]]}"
    return str(path)


def check_files(study: Study, path: Path, lines: Mapping[Place, int], given: Mapping[Place, str]) -> None:
    """The files that the study names are there."""
    for part, key in FILES:
        place, settings = (part, key), getattr(study, part)
        file = getattr(settings, key, None)
        wanted = "folder" if key == "path" and getattr(settings, "folder", False) else "file"
        if file is not None and not (file.is_dir() if wanted == "folder" else file.is_file()):
            where = position(place, path, lines, given)
            msg = f"Expected a {wanted}, but there is none at {file} for {part}.{key} ({where}). Check the path."
            raise StudyError(msg)
    for named, name in own_names(study).items():
        module = name.rpartition(".")[0]
        if module_file(module, path.parent) is None and not is_installed(module):
            where = position(named, path, lines, given)
            wanted = f"{module.replace('.', '/')}.py"
            msg = f"Expected {wanted} in the study's folder or one above it, but there is none ({where}). Check {name}."
            raise StudyError(msg)


def own_names(study: Study) -> dict[Place, str]:
    """Place in the study -> MODULE.NAME, for everything in it that is the user's own code."""
    names: dict[Place, str] = {}
    for i, method in enumerate(study.explanation.methods):
        if method in study.explanation.own_methods:
            names["explanation", "methods", i] = method
    for part in (*DATA_SECTIONS, "network"):
        if name := getattr(getattr(study, part), "class_path", None):
            names[part, "class_path"] = name
    return names
