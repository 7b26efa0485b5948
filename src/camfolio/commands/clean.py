"""Output of `camfolio clean`: what it would free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console

from camfolio.commands.show import plain_table


def show_unused(folders: Sequence[Path]) -> None:
    """Print number and size of unused results by stage."""
    console = Console(markup=False)
    if not folders:
        console.print("No result is unused.")
        return
    table = plain_table("stage", "results", "MB")
    for stage, of_stage in groupby(sorted(folders), key=lambda folder: folder.parent.name):
        results = list(of_stage)
        table.add_row(stage, str(len(results)), megabytes(results))
    console.print(table)
    console.print(f"{len(folders)} results that no study uses, {megabytes(folders)} MB.")


def megabytes(folders: Iterable[Path]) -> str:
    """Size of all files in folders, MB."""
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f}"
