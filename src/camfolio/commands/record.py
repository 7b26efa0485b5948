"""Output of `camfolio record`: what is recorded and kept of a study."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from camfolio.commands.show import plain_table
from camfolio.pipeline.recording import Rule, size_of
from camfolio.store.survey import State


def show_record(name: str, states: Sequence[State], rule: Rule) -> None:
    """Print which results are kept, and why the others are not."""
    console = Console(markup=False)
    table = plain_table("stage", "seconds", "size", "", title=f"{name}: {len(states)} results recorded")
    for state in sorted(states, key=lambda state: -(state.recorded.seconds if state.recorded else 0)):
        if state.recorded and (state.recorded.kept or state.recorded.seconds >= rule.seconds):
            row = state.stage.name, f"{state.recorded.seconds:.0f}", f"{size_of(state) / 1e6:.1f} MB", why(state, rule)
            table.add_row(*row)
    console.print(table)
    stored = sum(state.kept.stat().st_size for state in states if state.kept)
    console.print(f"{rule} In all {stored / 1e6:.1f} MB, compressed.")


def why(state: State, rule: Rule) -> str:
    """Whether a result is kept, or why not."""
    if state.recorded and state.recorded.kept:
        return "kept, carried over" if state.recorded.carried else "kept"
    if state.stage.local:
        return "pictures and slices are not kept"
    return "large" if size_of(state) > rule.size else "not needed, or quick"
