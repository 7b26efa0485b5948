"""Where slices can come from: one module per source with its settings and its words on pages, found by being here.

A source's class is all that the rest of camfolio knows of it: its keys are checked, printed on the reference page and
handed to `from_study` of its reader in `data/sources`; the files and folders it names are digested. Settings and words
stand apart from the reader because every word of a reader's module decides its results: a sentence would read the data anew.
"""

from __future__ import annotations

import importlib
import operator
import pkgutil
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

from pydantic import Field

from camfolio.study.source import DataSource

LISTED = ("lidc_phantom", "npz", "lidc", "luna16", "nodulemnist3d", "class_folders", "user_code")
"""Sources in the order of the reference page; others follow by name."""


def found() -> list[type[DataSource]]:
    """The settings of every source that has a module here."""
    names = sorted(one.name for one in pkgutil.iter_modules(__path__))
    ordered = sorted(names, key=lambda name: LISTED.index(name) if name in LISTED else len(LISTED))
    return [kind for name in ordered for kind in kinds_in(f"{__name__}.{name}")]


def kinds_in(module: str) -> list[type[DataSource]]:
    """The sources that a module defines: classes with a key `source`."""
    values = vars(importlib.import_module(module)).values()
    kinds = [value for value in values if isinstance(value, type) and issubclass(value, DataSource)]
    return [kind for kind in kinds if kind.__module__ == module and "source" in kind.model_fields]


SOURCES: Mapping[str, type[DataSource]] = {
    get_args(kind.model_fields["source"].annotation)[0]: kind for kind in found()
}
"""Name in a study file -> settings; a new source is a module here, with its reader in `data/sources`."""
if TYPE_CHECKING:
    Data = DataSource
else:
    Data = Annotated[reduce(operator.or_, SOURCES.values()), Field(discriminator="source")]
PATHS = tuple(
    sorted({name for kind in SOURCES.values() for name, info in kind.model_fields.items() if info.annotation is Path})
)
"""Settings of sources that are files or folders."""
