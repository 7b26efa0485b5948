"""Code of the user's own: a module imported from exactly its file, a class or function found by MODULE.NAME, and made."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from camfolio.errors import StudyError, nearest


def import_own(module: str, path: Path) -> None:
    """Import a user's module from exactly this file; what lies beside it can be imported from there.

    Raises:
        StudyError: if the file does not run, with its error.
    """
    folder = path.parent if path.name == "__init__.py" else path
    sys.path.append(str(folder.parents[module.count(".")]))
    spec = importlib.util.spec_from_file_location(module, path)
    if spec is None or spec.loader is None:
        msg = f"Expected a Python file, but got {path.name}. Name it {module}.py."
        raise StudyError(msg)
    sys.modules[module] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(sys.modules[module])
    except Exception as error:
        del sys.modules[module]
        msg = f"Expected a Python file that runs, but {path.name} fails with {type(error).__name__}: {error}."
        raise StudyError(msg) from error


def find_own(class_path: str) -> Callable[..., Any]:
    """A class or function by MODULE.NAME.

    Raises:
        StudyError: if there is no such module, or nothing callable of that name in it.
    """
    module, _, name = class_path.rpartition(".")
    try:
        found = importlib.import_module(module) if module else None
    except ModuleNotFoundError as error:
        msg = f"Expected a module {module} for class_path {class_path}, but got: {error}. Put it beside the study."
        raise StudyError(msg) from error
    entry = getattr(found, name, None)
    if not callable(entry):
        here = [key for key, value in vars(found).items() if callable(value)] if found else []
        offered = nearest(name, here) if here else "Write MODULE.NAME."
        msg = f"Expected a class or function, but there is no {name} in {module or class_path}. {offered}"
        raise StudyError(msg)
    made: Callable[..., Any] = entry
    return made


def make_own(class_path: str, init_args: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the user's class is
    """Call a user's class or function with its arguments.

    Raises:
        StudyError: if it is not found, or fails, with its error.
    """
    entry = find_own(class_path)
    try:
        return entry(**init_args)
    except Exception as error:
        msg = f"Expected {class_path} to be made with init_args {dict(init_args)}, but got {type(error).__name__}: {error}."
        raise StudyError(msg) from error


def is_installed(module: str) -> bool:
    """Whether a module's package can be imported without looking into the study's folder."""
    from importlib.util import find_spec  # rarely asked

    root = module.partition(".")[0]
    return bool(root) and find_spec(root) is not None


def module_file(module: str, folder: Path) -> Path | None:
    """The file of a user's module: the first found in a folder or those above it."""
    inside = Path(*module.split("."))
    places = [place / inside for place in (folder.resolve(), *folder.resolve().parents)]
    files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    return next((file for file in files if file.is_file()), None)
