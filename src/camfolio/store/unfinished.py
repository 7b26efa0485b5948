"""Folders in which a stage keeps what it needs to go on after it was interrupted: `.unfinished/NAME` in the store.

The name is a digest of the result's key and of the processor, so that no result is begun on one and finished on another.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from camfolio.store.artefacts import NAMED, UNFINISHED, Ingredients, Store, digest_of, remove
from camfolio.store.private import private_folder
from camfolio.store.processor import processor

PARAMETER = "unfinished"
"""A stage whose `run` has this parameter receives a folder; it is no part of the key."""


class Unfinished:
    """The folder of one result, for stages that use one.

    Args:
        store: holds the folder.
        ingredients: of the result.
        run: the stage's function.
    """

    def __init__(self, store: Store, ingredients: Ingredients, run: Callable[..., Any]) -> None:
        self.folder = folder_of(store, ingredients)
        self.lock = store.root / ".locks" / f"{self.folder.name}.lock"
        self.used = PARAMETER in inspect.signature(run).parameters

    @contextmanager
    def argument(self) -> Iterator[dict[str, Path]]:
        """Context in which the folder exists, locked: the argument for `run`; empty if it has no such parameter."""
        if not self.used:
            yield {}
            return
        from filelock import FileLock  # as late as in `artefacts`

        with FileLock(self.lock):
            private_folder(self.folder)
            yield {PARAMETER: self.folder}

    def discard(self) -> None:
        """Delete the folder: the result is finished."""
        if self.used:
            remove(self.folder)


def folder_of(store: Store, ingredients: Ingredients) -> Path:
    """The folder of a result on this processor, whether it exists or not."""
    return store.root / UNFINISHED / digest_of([ingredients.key, processor()])[:20]


def abandoned(store: Store, missing: Iterable[Ingredients]) -> list[Path]:
    """Folders that no process is using and that a build of the missing results would not go on from."""
    needed = {folder_of(store, ingredients) for ingredients in missing}
    folders = sorted((store.root / UNFINISHED).glob("*/"))
    return [
        folder
        for folder in folders
        if NAMED.fullmatch(folder.name) and folder not in needed and not store.is_being_made(folder)
    ]
