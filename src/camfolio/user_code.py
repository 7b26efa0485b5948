"""User code: import a module from its file, find a class or function by MODULE.NAME, and call it with its arguments."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from camfolio.errors import StudyError, nearest


def import_user_module(module: str, path: Path) -> None:
    """Import a user module from this file and no other; modules in the same folder can be imported from it.

    Args:
        module: its full name, such as `package.module`.
        path: its file.

    Raises:
        StudyError: if the file raises an exception, with that exception.
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


def find_user_object(class_path: str) -> Callable[..., Any]:
    """A class or function by MODULE.NAME.

    Raises:
        StudyError: if there is no such module, or nothing callable of that name in it; the nearest name is suggested.
    """
    module, _, name = class_path.rpartition(".")
    try:
        imported = importlib.import_module(module) if module else None
    except ModuleNotFoundError as error:
        msg = (
            f"Expected a module {module} for class_path {class_path}, but got: {error}. Put it into the study's folder."
        )
        raise StudyError(msg) from error
    user_object: Callable[..., Any] | None = getattr(imported, name, None)
    if not callable(user_object):
        names = [key for key, value in vars(imported).items() if callable(value)] if imported else []
        remedy = nearest(name, names) if names else "Write MODULE.NAME."
        msg = f"Expected a class or function, but there is no {name} in {module or class_path}. {remedy}"
        raise StudyError(msg)
    return user_object


def create_user_object(class_path: str, init_args: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an instance of any class
    """Call a class or function of user code with its arguments.

    Raises:
        StudyError: if it is not found, or raises an exception, with that exception.
    """
    user_object = find_user_object(class_path)
    try:
        return user_object(**init_args)
    except Exception as error:
        msg = f"Expected {class_path} to accept init_args {dict(init_args)}, but got {type(error).__name__}: {error}."
        raise StudyError(msg) from error


def is_installed(module: str) -> bool:
    """Whether a module's package is installed, apart from the study's folder."""
    from importlib.util import find_spec  # rarely needed

    root = module.partition(".")[0]
    return bool(root) and find_spec(root) is not None


def module_file(module: str, folder: Path) -> Path | None:
    """The file of a user module: the first found in a folder or its parents; None if there is none."""
    relative = Path(*module.split("."))
    stems = [parent / relative for parent in (folder.resolve(), *folder.resolve().parents)]
    candidates = [file for stem in stems for file in (stem.with_suffix(".py"), stem / "__init__.py")]
    return next((file for file in candidates if file.is_file()), None)
