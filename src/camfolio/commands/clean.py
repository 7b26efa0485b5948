"""What `camfolio clean` would free, and folders that are emptied before they are used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console

from camfolio.commands.options import ANEW
from camfolio.commands.show import plain_table
from camfolio.store.artefacts import Store, remove
from camfolio.store.in_use import alone
from camfolio.store.survey import State
from camfolio.store.unfinished import abandoned


def unused_folders(store: Store, states: Sequence[State]) -> list[Path]:
    """Results that no study uses, and what interrupted stages kept that no build would go on from.

    Args:
        store: holds them.
        states: of all stages of all studies.

    Raises:
        StoreError: if the folder is not a store.
    """
    keep = {state.ingredients.key for state in states if state.artefact and state.ingredients}
    missing = [state.ingredients for state in states if state.ingredients and not state.artefact]
    return [*store.unused(keep), *abandoned(store, missing)]


def computed_anew(store: Store) -> list[Path]:
    """The folder of results that were computed from nothing, if there is one."""
    return [folder] if (folder := store.root / ANEW).is_dir() else []


def show_unused(folders: Sequence[Path]) -> None:
    """Print number and size of unused results by stage; what interrupted stages kept lies in `.unfinished`."""
    console = Console(markup=False)
    if not folders:
        console.print("No result is unused.")
        return
    table = plain_table("stage", "results", "MB")
    for stage, of_stage in groupby(sorted(folders), key=lambda folder: folder.parent.name):
        results = list(of_stage)
        table.add_row(stage.removeprefix("."), str(len(results)), megabytes(results))
    console.print(table)
    console.print(f"{len(folders)} results that no study uses, {megabytes(folders)} MB.")


def megabytes(folders: Iterable[Path]) -> str:
    """Size of all files in folders, MB."""
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f}"


def emptied(store: Path) -> Path:
    """The empty folder in a store for results that are computed from nothing.

    Raises:
        StoreError: if another process uses it.
    """
    folder = store / ANEW
    if folder.exists():
        with alone(folder):
            remove(folder)
    return folder
