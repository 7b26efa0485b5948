"""What `camfolio inspect` prints: counts, exclusions with their reasons, warnings, and where the pictures are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from camfolio.pipeline.portfolio import Portfolio

BARS = " ▁▂▃▄▅▆▇█"
HEIGHTS = len(BARS) - 1
MOST_SHOWN = 10
PER_BAR = 2


def show_inspection(portfolio: Portfolio, unsplit: str) -> None:
    """Print what is known of a study's data.

    Args:
        portfolio: with the results of `slices` and `inspection`, and of `overlap` if the data can be split.
        unsplit: why they cannot, or nothing.
    """
    console = Console(markup=False, soft_wrap=True)  # a class may be called [red]
    card = portfolio.artefacts["slices"].json("card.json")
    seen = portfolio.artefacts["inspection"].json("inspection.json")
    for table in tables(portfolio, card):
        console.print(table)
    console.print(f"HU {bars(seen['histogram'])}")
    for sentence in (
        *seen["warnings"],
        *card.get("notes", ()),
        *doubled(portfolio, seen),
        *([unsplit] if unsplit else ()),
    ):
        console.print(f"! {sentence}")
    for figure in ("figure-contact_sheet", "figure-hounsfield"):
        console.print(f"drawn: {portfolio.artefacts[figure] / 'light.png'}")


def tables(portfolio: Portfolio, card: Mapping[str, Any]) -> list[Table]:
    """Counts by class, by step of reading, by reader, and what was skipped; those that a source has."""
    named = {"title": portfolio.name, "title_justify": "left"}
    classes = Table("class", "slices", "patients", **named)  # type: ignore[arg-type]  # rich names them all
    for i, name in enumerate(portfolio.study.classes):
        classes.add_row(name, str(card["slices_by_class"][i]), str(card["patients_by_class"][i]))
    found = [classes]
    if card.get("steps"):
        found.append(rows(("read", "count"), card["steps"]))
    if card.get("readers"):
        found.append(rows(("reader", "nodules", "contours"), [list(one.values()) for one in card["readers"]]))
    if card.get("skipped"):
        found.append(rows(("skipped", "count"), list(card["skipped"].items())))
    return found


def rows(head: Sequence[str], body: Sequence[Sequence[object]]) -> Table:
    """A table of whatever."""
    table = Table(*head)
    for row in body:
        table.add_row(*map(str, row))
    return table


def bars(histogram: Mapping[str, Sequence[float]]) -> str:
    """A histogram in one line, from its first edge to its last.

    >>> bars({"edges_hu": [0.0, 1.0, 2.0, 3.0, 4.0], "share": [0.0, 0.0, 0.5, 0.5]})
    '0 | █| 4'
    """
    shares = histogram["share"]
    sums = [sum(shares[i : i + PER_BAR]) for i in range(0, len(shares), PER_BAR)]
    line = "".join(BARS[math.ceil(HEIGHTS * one / max(sums))] for one in sums)
    return f"{histogram['edges_hu'][0]:.0f} |{line}| {histogram['edges_hu'][-1]:.0f}"


def doubled(portfolio: Portfolio, seen: Mapping[str, Any]) -> list[str]:
    """Slices of different patients that look alike, in sentences."""
    if not seen["alike"]:
        return []
    said = [
        f"{seen['alike']} pairs of slices of different patients look alike, {seen['equal']} of them are the same to the value."
    ]
    said += [
        f"{pair['one']} and {pair['other']}: correlation {pair['correlation']:.4f}"
        for pair in seen["pairs"][:MOST_SHOWN]
    ]
    if "overlap" in portfolio.artefacts:
        across = portfolio.artefacts["overlap"].json("overlap.json")
        said.append(
            f"{across['pairs']} of the pairs stand in different parts; they concern {across['test_slices']} test slices."
        )
    return said
