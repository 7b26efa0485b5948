"""`camfolio verify`: recompute a study's results and say how equal they are to those that are recorded or stored."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from camfolio.commands.show import plain_table
from camfolio.pipeline.portfolio import Portfolio, open_portfolio
from camfolio.results.differences import UNEQUAL, difference
from camfolio.store.artefacts import Artefact, Store
from camfolio.store.files import file_digest
from camfolio.store.record import Record

IDENTICAL, CLOSE, DIFFERENT, DAMAGED, TAKEN = "identical", "close", "different", "damaged", "not recomputed"
"""Verdicts: byte-identical; equal within the tolerance; not; stored files that are not those that were computed; or none."""
VERDICTS = (IDENTICAL, CLOSE, DIFFERENT, DAMAGED, TAKEN)
BAD = (DIFFERENT, DAMAGED)


@dataclass(frozen=True)
class Compared:
    """A result beside its recomputation.

    Attributes:
        stage: its name.
        verdict: one of those above.
        difference: the largest relative difference of a file; infinite if no number tells it, NaN if the recorded files
            are not here.
        files: the files that differ.
    """

    stage: str
    verdict: str
    difference: float = 0.0
    files: tuple[str, ...] = ()


def verify_study(
    path: Path, store: Store, overrides: Sequence[str] = (), *, tolerance: float, quick: bool = False
) -> tuple[Portfolio, list[Compared]]:
    """Recompute a study in an empty store.

    Args:
        path: the study file.
        store: where results are; missing ones are fetched or computed first.
        overrides: `key.key=value`, as in `read_study`.
        tolerance: relative difference of numbers up to which a result is close (see `results.differences`).
        quick: kept results count as they are; only what is not kept is recomputed.

    Raises:
        CamfolioError: the sentence of a stage that failed.
    """
    known = open_portfolio(path, store, overrides)
    with tempfile.TemporaryDirectory() as folder:
        again = open_portfolio(path, Store(Path(folder), anew=not quick), overrides)
        return known, [
            compared(known.record, name, artefact, again.artefacts[name], tolerance, quick=quick)
            for name, artefact in known.artefacts.items()
        ]


def compared(
    record: Record, stage: str, before: Artefact, after: Artefact, tolerance: float, *, quick: bool
) -> Compared:
    """One result: what is recorded of it, or else stored, beside the recomputed one."""
    here = stored_digests(before)
    if here and here != before.manifest.outputs:
        return Compared(stage, DAMAGED, UNEQUAL, differing(here, before.manifest.outputs))
    recorded = record.find(stage, before.manifest.key)
    if not after.folder.is_dir() or (quick and recorded and recorded.kept):
        return Compared(stage, TAKEN)
    expected = dict(recorded.outputs) if recorded else before.manifest.outputs
    files = differing(expected, after.manifest.outputs)
    if not files:
        return Compared(stage, IDENTICAL)
    if here != expected:
        return Compared(stage, DIFFERENT, math.nan, files)
    most = max(file_difference(before, after, file) for file in files)
    return Compared(stage, CLOSE if most <= tolerance else DIFFERENT, most, files)


def stored_digests(artefact: Artefact) -> dict[str, str]:
    """Digests of a result's files as they are now; empty if they are not in the store."""
    if not artefact.folder.is_dir():
        return {}
    return {name: file_digest(artefact / name) for name in artefact.manifest.outputs}


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Names of files with different digests, or in one of the two only."""
    return tuple(name for name in sorted({*before, *after}) if before.get(name) != after.get(name))


def file_difference(before: Artefact, after: Artefact, name: str) -> float:
    """The relative difference of one file; infinite if one of the two does not exist."""
    files = before.folder / name, after.folder / name
    return difference(*files) if all(file.is_file() for file in files) else UNEQUAL


def words_for(share: float) -> str:
    """A difference in words.

    >>> words_for(0.0123), words_for(UNEQUAL), words_for(math.nan)
    ('1.2 %', 'no number', 'recorded files not here')
    """
    if math.isnan(share):
        return "recorded files not here"
    return f"{100 * share:.2g} %" if math.isfinite(share) else "no number"


def show_verified(known: Portfolio, results: Sequence[Compared]) -> None:
    """Print the results that are not identical, and how many there are of each verdict."""
    console = Console(markup=False)
    rows = [result for result in results if result.verdict not in (IDENTICAL, TAKEN)]
    if rows:
        table = plain_table("stage", "verdict", "difference", "files", title=known.name)
        for result in rows:
            table.add_row(result.stage, result.verdict, words_for(result.difference), ", ".join(result.files))
        console.print(table)
    count = Counter(result.verdict for result in results)
    words = ", ".join(f"{count[verdict]} {verdict}" for verdict in VERDICTS if count[verdict])
    console.print(f"{known.name}: {len(results)} results, {words}.")
    carried = [name for name, recorded in known.record.stages.items() if recorded.carried]
    if carried:
        console.print(f"Carried over to the code as it is, not recomputed when recorded: {', '.join(carried)}.")
