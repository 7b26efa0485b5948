"""Output of `camfolio inspect`: counts, exclusions with their reasons, warnings, and paths of the figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from camfolio.pipeline.portfolio import Portfolio
from camfolio.results.card import CardResult
from camfolio.results.inspection import Histogram, InspectionResult
from camfolio.results.overlap import OverlapResult

BARS = " ▁▂▃▄▅▆▇█"
HEIGHTS = len(BARS) - 1
MOST_SHOWN = 10
PER_BAR = 2
"""Bins of the histogram in one character."""


def show_inspection(portfolio: Portfolio, unsplit: str) -> None:
    """Print the checks of a study's data.

    Args:
        portfolio: with the results of `slices` and `inspection`, and of `overlap` if the data can be split.
        unsplit: the reason why the data cannot be split; empty if they can.
    """
    console = Console(markup=False, soft_wrap=True)  # a class may be called [red]
    card = CardResult.read(portfolio.artefacts["slices"].folder)
    inspection = InspectionResult.read(portfolio.artefacts["inspection"].folder)
    for table in tables(portfolio, card):
        console.print(table)
    console.print(f"HU {bars(inspection.histogram)}")
    for sentence in (
        *inspection.warnings,
        *card.notes,
        *near_duplicates(portfolio, inspection),
        *([unsplit] if unsplit else ()),
    ):
        console.print(f"! {sentence}")
    for figure in ("figure-contact_sheet", "figure-hounsfield"):
        console.print(f"drawn: {portfolio.artefacts[figure] / 'light.png'}")


def tables(portfolio: Portfolio, card: CardResult) -> list[Table]:
    """Counts by class, by step of reading, by reader, and of skipped items, as far as the source has them."""
    named = {"title": portfolio.name, "title_justify": "left"}
    classes = Table("class", "slices", "patients", **named)  # type: ignore[arg-type]  # rich names them all
    for i, name in enumerate(portfolio.study.classes):
        classes.add_row(name, str(card.slices_by_class[i]), str(card.patients_by_class[i]))
    listed = [classes]
    if card.steps:
        listed.append(rows(("read", "count"), [(step.words, step.count) for step in card.steps]))
    if card.readers:
        counts = [(one.reader, one.nodules, one.contours) for one in card.readers]
        listed.append(rows(("reader", "nodules", "contours"), counts))
    if card.skipped:
        listed.append(rows(("skipped", "count"), list(card.skipped.items())))
    return listed


def rows(head: Sequence[str], body: Sequence[Sequence[object]]) -> Table:
    """A table with a header."""
    table = Table(*head)
    for row in body:
        table.add_row(*map(str, row))
    return table


def bars(histogram: Histogram) -> str:
    """A histogram as one line of text between its first and last edge.

    >>> bars(Histogram(edges_hu=(0.0, 1.0, 2.0, 3.0, 4.0), share=(0.0, 0.0, 0.5, 0.5)))
    '0 | █| 4'
    """
    shares = histogram.share
    sums = [sum(shares[i : i + PER_BAR]) for i in range(0, len(shares), PER_BAR)]
    line = "".join(BARS[math.ceil(HEIGHTS * total / max(sums))] for total in sums)
    return f"{histogram.edges_hu[0]:.0f} |{line}| {histogram.edges_hu[-1]:.0f}"


def near_duplicates(portfolio: Portfolio, inspection: InspectionResult) -> list[str]:
    """Sentences on near-duplicate slices of different patients, and of different nodules of one; empty if there are none."""
    within = inspection.within_patients
    sentences = [f"{inspection.repeated} slices are identical to another one of their patient."] * bool(
        inspection.repeated
    )
    if within and within.other_nodules:
        sentences.append(
            f"{within.other_nodules} pairs of slices of different nodules of one patient are near-duplicates."
        )
    if not inspection.alike:
        return sentences
    sentences.append(
        f"{inspection.alike} pairs of slices of different patients are near-duplicates, {inspection.equal} of them are identical."
    )
    sentences += [
        f"{pair.first} and {pair.second}: correlation {pair.correlation:.4f}" for pair in inspection.pairs[:MOST_SHOWN]
    ]
    if "overlap" in portfolio.artefacts:
        overlap = OverlapResult.read(portfolio.artefacts["overlap"].folder)
        sentences.append(
            f"{overlap.pairs} of the pairs are in different parts of the split and concern {overlap.test_slices} test slices."
        )
    return sentences
