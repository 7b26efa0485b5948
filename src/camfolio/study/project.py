"""The project of a study: its root, what its configuration of MkDocs says, and whether its user code may run."""

from __future__ import annotations

import os
import stat
from collections import ChainMap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from camfolio.errors import StudyError

CONFIGURATIONS = ("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "properdocs.yaml")
"""Names under which MkDocs, and ProperDocs, look for a configuration in the project's root."""
STUDIES = Path("gen", "studies")
PLUGIN = "camfolio"
NO_USER_CODE = "CAMFOLIO_NO_USER_CODE"
"""Environment variable that refuses user code if it is not empty; the option `--no-user-code` sets it."""
OTHER_CONFIGURATION = "CAMFOLIO_CONFIG_FILE"
"""Environment variable with the path of a configuration of another name or in another place; the option `--config-file` sets it."""
MOST_INHERITED = 20
"""Files that a configuration may inherit, one from the other."""


class Lenient(yaml.SafeLoader):
    """Safe YAML in which a value with an unknown tag, such as `!ENV` or one of Python, is nothing."""


Lenient.add_constructor(None, lambda *_: None)


def refuse_user_code() -> None:
    """Have this process and those that it starts run no user code."""
    os.environ[NO_USER_CODE] = "1"


def user_code_refused() -> bool:
    """Whether no user code is run: neither modules that a study names, nor what a template could call."""
    return bool(os.environ.get(NO_USER_CODE))


def use_configuration(file: Path) -> None:
    """Have this process and those that it starts read a configuration of another name or in another place.

    Raises:
        StudyError: if there is no such file.
    """
    if not file.is_file():
        msg = f"Expected a configuration of MkDocs, but there is no file {file}. Check the path."
        raise StudyError(msg)
    os.environ[OTHER_CONFIGURATION] = os.path.abspath(file)  # noqa: PTH100 - links stay what they are


def project_of(folder: Path) -> Path:
    """The project of a study's folder: the nearest folder with a configuration of MkDocs or `gen/studies`, that folder or one above
    it; else the folder itself.
    """
    return folders_of(folder)[-1]


def folders_of(folder: Path) -> Sequence[Path]:
    """A study's folder and those above it, up to the root of its project."""
    folder = Path(os.path.normpath(folder.absolute()))
    above = (folder, *folder.parents)
    other = os.environ.get(OTHER_CONFIGURATION)
    given = project_of_configuration(Path(other)) if other else None
    root = next((parent for parent in above if parent == given or is_root(parent)), folder)
    return above[: above.index(root) + 1]


def is_root(folder: Path) -> bool:
    """Whether a folder is the root of a project."""
    return (folder / STUDIES).is_dir() or any((folder / name).is_file() for name in CONFIGURATIONS)


def project_of_configuration(file: Path) -> Path:
    """The project of a configuration: the nearest folder above it with `gen/studies`; else its own."""
    return next((folder for folder in file.parents if (folder / STUDIES).is_dir()), file.parent)


def configuration_of(project: Path) -> Path | None:
    """The configuration of a project: the one that was given, else the one that MkDocs finds in the project's root; None if there is none."""
    other = os.environ.get(OTHER_CONFIGURATION)
    if other and project.absolute().is_relative_to(project_of_configuration(Path(other))):
        return Path(other)
    return next((file for name in CONFIGURATIONS if (file := project / name).is_file()), None)


def docs_of(project: Path) -> Path:
    """The folder of a project's documents: `docs_dir` of its configuration, else `docs`."""
    file, given = configuration_of(project), read_configuration(project).get("docs_dir")
    if file and isinstance(given, str):
        return Path(os.path.normpath(file.parent / given))
    return (file.parent if file else project) / "docs"


def read_configuration(project: Path) -> Mapping[str, Any]:
    """The keys of a project's configuration, and of what it inherits in the project, that are plain values; empty if there is none.

    Raises:
        StudyError: if it cannot be read.
    """
    return ChainMap(*(dict(content) for content in configurations(project).values()))


def configurations(project: Path) -> Mapping[Path, Mapping[str, Any]]:
    """The files of a project's configuration: its own, and those that it inherits, as far as they are in the project, and their keys.

    Raises:
        StudyError: if one cannot be read.
    """
    read: dict[Path, Mapping[str, Any]] = {}
    file = configuration_of(project)
    while file and file not in read and file.is_file() and len(read) < MOST_INHERITED:
        read[file] = read_yaml(file)
        parent = read[file].get("INHERIT")
        file = Path(os.path.normpath(file.parent / parent)) if isinstance(parent, str) else None
        if file and not file.resolve().is_relative_to(project.resolve()):
            break
    return read


def read_yaml(file: Path) -> Mapping[str, Any]:
    """The keys of a YAML file that are plain values.

    Raises:
        StudyError: if it cannot be read.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Lenient)  # noqa: S506 - Lenient is a SafeLoader
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        msg = f"Expected YAML in {file}, but got {getattr(error, 'problem', None) or type(error).__name__}. Correct it."
        raise StudyError(msg) from None
    return content if isinstance(content, dict) else {}


def allowed_packages(project: Path) -> tuple[str, ...]:
    """Installed packages whose classes and functions the studies of a project may name: `packages` of the plugin in its configuration.

    Raises:
        StudyError: if the configuration cannot be read, or is not the project's alone.
    """
    for file, content in configurations(project).items():
        if names := packages_in(content):
            if reason := not_ours(file, project):
                msg = f"Expected {file.name} in a place that is the project's alone, but {reason}."
                raise StudyError(msg)
            return names
    return ()


def packages_in(configuration: Mapping[str, Any]) -> tuple[str, ...]:
    """The `packages` of the plugin in one file."""
    plugins = configuration.get("plugins")
    listed = plugins if isinstance(plugins, list) else [plugins]
    options = [plugin.get(PLUGIN) for plugin in listed if isinstance(plugin, dict)]
    given = [one.get("packages") for one in options if isinstance(one, dict)]
    return tuple(name for one in given if isinstance(one, list) for name in one if isinstance(name, str))


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
    """Check that a folder is in the project, and that no link in it leads out of it.

    Raises:
        StudyError: naming the first one.
    """
    root = project.resolve()
    if not folder.resolve().is_relative_to(root) and not folder.is_symlink():
        msg = f"Expected a folder of the project, but got {folder}. Name one in {project}."
        raise StudyError(msg)
    paths = [folder, *(Path(place, name) for place, folders, files in os.walk(folder) for name in (*folders, *files))]
    for path in paths:
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            msg = f"Expected files of the project, but {path} is a link to {path.readlink()}. Delete it, or copy the file."
            raise StudyError(msg)
