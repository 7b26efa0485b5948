"""Output of `camfolio status`: state, place, size and seconds of every result of a study."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from camfolio.commands.show import plain_table
from camfolio.pipeline.recording import size_of
from camfolio.store.survey import State, needed

PLACES = {"fresh": "here", "kept": "kept", "elsewhere": "elsewhere", "recorded": "digest only"}
"""State of a result that is known -> where it is."""


def show_status(title: str, states: Sequence[State]) -> None:
    """Print a line per stage, and what a build would do."""
    console = Console(markup=False)  # a class may be called [red]
    console.print(status_table(title, states))
    missing = needed(states)
    fetched = sum(state.can_be_fetched for state in missing)
    console.print(f"{len(states)} results; a build fetches {fetched} and computes {len(missing) - fetched}.")


def status_table(title: str, states: Sequence[State]) -> Table:
    """State, place, size and computing time of every result."""
    table = plain_table("stage", "state", "where", "MB", "s", "reason", title=title)
    for state in states:
        manifest = state.manifest
        size = f"{size_of(state) / 1e6:.1f}" if state.artefact or state.kept else ""
        seconds = f"{manifest.seconds:.0f}" if manifest else ""
        carried = ", carried over" if state.recorded and state.recorded.carried else ""
        place = PLACES.get(state.word, "")
        table.add_row(state.stage.name, state.word, place, size, seconds, state.reason + carried)
    return table
