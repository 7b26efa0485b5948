"""Data sources: one module per source with its settings and texts for pages; every module here is registered.

The rest of camfolio uses only a source's class: its keys are validated, listed on the page The study file and passed to
`from_study` of its reader in `data/sources`; files and folders in its settings are digested. Settings and texts are
separate from the reader because a change of the reader's code reads the data again, which a changed text must not.
"""

from __future__ import annotations

import importlib
import operator
import pkgutil
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

from pydantic import Field

from camfolio.study.source import DataSource

LISTED = ("lidc_phantom", "npz", "lidc", "luna16", "nodulemnist3d", "class_folders", "user_code")
"""Sources in the order of the reference page; others follow by name."""


def all_sources() -> list[type[DataSource]]:
    """The settings classes of all modules here."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    ordered = sorted(names, key=lambda name: LISTED.index(name) if name in LISTED else len(LISTED))
    return [kind for name in ordered for kind in kinds_in(f"{__name__}.{name}")]


def kinds_in(module: str) -> list[type[DataSource]]:
    """The settings classes that a module defines: those with a key `source`."""
    values = vars(importlib.import_module(module)).values()
    kinds = [value for value in values if isinstance(value, type) and issubclass(value, DataSource)]
    return [kind for kind in kinds if kind.__module__ == module and "source" in kind.model_fields]


SOURCES: Mapping[str, type[DataSource]] = {
    get_args(kind.model_fields["source"].annotation)[0]: kind for kind in all_sources()
}
"""Value of `source` in a study file -> its settings class."""
if TYPE_CHECKING:
    Data = DataSource
else:
    Data = Annotated[reduce(operator.or_, SOURCES.values()), Field(discriminator="source")]


def is_path(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether a setting is a path, or a path or nothing."""
    return annotation is Path or any(is_path(part) for part in get_args(annotation))


PATHS = tuple(
    sorted({name for kind in SOURCES.values() for name, info in kind.model_fields.items() if is_path(info.annotation)})
)
"""Settings of sources that are files or folders."""
