"""`camfolio verify`: recompute a study's results and say how equal they are to those that are recorded or stored."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from camfolio.commands.show import plain_table
from camfolio.commands.verify.compared import DAMAGED, Compared, Verification, compared, words_for
from camfolio.pipeline.portfolio import inspect_study, open_portfolio
from camfolio.results.differences import UNEQUAL
from camfolio.store.artefacts import Store


@contextmanager
def verified(
    path: Path, store: Store, overrides: Sequence[str] = (), *, tolerance: float, quick: bool = False
) -> Iterator[Verification]:
    """Recompute a study in an empty store, which exists until the context ends.

    Args:
        path: the study file.
        store: where results are; missing and damaged ones are fetched or computed first, the latter with that verdict.
        overrides: `key.key=value`, as in `read_study`.
        tolerance: relative difference of numbers up to which a result is close (see `results.differences`).
        quick: kept results count as they are; only what is not kept is recomputed.

    Raises:
        CamfolioError: the sentence of a stage that failed.
    """
    damaged = {
        state.stage.name: Compared(state.stage.name, DAMAGED, UNEQUAL, (state.damage,))
        for state in inspect_study(path, store, overrides)
        if state.damage
    }
    known = open_portfolio(path, store, overrides)
    with tempfile.TemporaryDirectory() as folder:
        again = open_portfolio(path, Store(Path(folder), anew=not quick), overrides)
        results = [
            damaged.get(name) or compared(known.record, name, artefact, again.artefacts[name], tolerance, quick=quick)
            for name, artefact in known.artefacts.items()
        ]
        yield Verification(known, again, results, tolerance, quick)


def show_verified(found: Verification) -> None:
    """Print the results that are not identical, and in the last line how many there are of each verdict."""
    console = Console(markup=False)
    if found.changed:
        table = plain_table("stage", "verdict", "difference", "files", title=found.known.name)
        for result in found.changed:
            table.add_row(result.stage, result.verdict, words_for(result.difference), ", ".join(result.files))
        console.print(table)
    carried = [name for name, recorded in found.known.record.stages.items() if recorded.carried]
    if carried:
        console.print(f"Carried over to the code as it is, not recomputed when recorded: {', '.join(carried)}.")
    console.print(found.summary, soft_wrap=True)
