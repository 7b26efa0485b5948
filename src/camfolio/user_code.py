"""User code: import a module from its file, find a class or function by MODULE.NAME, and call it with its arguments."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from camfolio.errors import StudyError, nearest

SHORTEST_TEXT = 4
"""Characters; shorter texts in arguments are words such as `max`."""


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


@dataclass(frozen=True)
class Wanted:
    """Which classes of user code are called.

    Attributes:
        words: what they are.
        fits: whether a class is one of them.
    """

    words: str
    fits: Callable[[type], bool]


def find_user_object(class_path: str, wanted: Wanted) -> Callable[..., Any]:
    """A class that is wanted, or a function of user code, by MODULE.NAME; nothing else is ever called.

    A function must be defined in the module, or in its package: one that the module only imports, such as those that run
    commands, is none of user code.

    Raises:
        StudyError: if there is no such module, no such name in it (the nearest is suggested), or it is something else.
    """
    module, _, name = class_path.rpartition(".")
    try:
        imported = importlib.import_module(module) if module else None
    except ModuleNotFoundError as error:
        msg = (
            f"Expected a module {module} for class_path {class_path}, but got: {error}. Put it into the study's folder."
        )
        raise StudyError(msg) from error
    found: Callable[..., Any] | None = getattr(imported, name, None)
    if not callable(found):
        names = [key for key, value in vars(imported).items() if callable(value)] if imported else []
        remedy = nearest(name, names) if names else "Write MODULE.NAME."
        msg = f"Expected a class or function, but there is no {name} in {module or class_path}. {remedy}"
        raise StudyError(msg)
    if not is_called(found, module, wanted):
        kind = (
            "another class"
            if isinstance(found, type)
            else f"a {type(found).__name__} of {getattr(found, '__module__', 'no module')}"
        )
        msg = f"Expected {wanted.words}, or a function that is defined in {module}, but {class_path} is {kind}. Define one there."
        raise StudyError(msg)
    return found


def is_called(found: object, module: str, wanted: Wanted) -> bool:
    """Whether what a module has under a name is a class that is wanted, or a function of the same package."""
    if isinstance(found, type):
        return wanted.fits(found)
    return isinstance(found, FunctionType) and found.__module__.partition(".")[0] == module.partition(".")[0]


def create_user_object(class_path: str, init_args: Mapping[str, Any], wanted: Wanted) -> Any:  # noqa: ANN401 - an instance of any class
    """Call a class or function of user code with its arguments.

    Raises:
        StudyError: if it is not found or not wanted, or raises an exception, with that exception; texts among the arguments,
            which may be paths or tokens, are left out of it.
    """
    user_object = find_user_object(class_path, wanted)
    try:
        return user_object(**init_args)
    except Exception as error:
        names, words = ", ".join(init_args) or "none", without_texts(str(error), init_args)
        msg = f"Expected {class_path} to accept its init_args ({names}), but got {type(error).__name__}: {words}."
        raise StudyError(msg) from error


def without_texts(message: str, arguments: object) -> str:
    """A message without the texts in arguments, at any depth of them.

    >>> without_texts("no file /home/ann/key", {"path": "/home/ann/key", "sizes": [1, 2]})
    'no file ...'
    """
    if isinstance(arguments, str):
        return message.replace(arguments, "...") if len(arguments) >= SHORTEST_TEXT else message
    parts = (
        arguments.values()
        if isinstance(arguments, Mapping)
        else arguments
        if isinstance(arguments, list | tuple)
        else ()
    )
    for part in parts:
        message = without_texts(message, part)
    return message
