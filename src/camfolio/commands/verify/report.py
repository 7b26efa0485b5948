"""The report of a verification: a log for reviewers as Markdown, and a picture of what differs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import camfolio
from camfolio.commands.moment import source_date
from camfolio.commands.verify.changes import (
    ChangedExample,
    ChangedMaps,
    ChangedNumber,
    changed_examples,
    changed_maps,
    changed_numbers,
)
from camfolio.commands.verify.compared import DAMAGED, VERDICTS, Verification, number, words_for
from camfolio.results.interval import Interval
from camfolio.site.values import versions
from camfolio.store.files import replace_file
from camfolio.store.processor import processor

MOST = 20
"""Numbers of one stage that are listed."""
EXPLORER = "explorer"
"""Stage whose file lists the ids of all test slices."""


def write_report(found: Verification, target: Path) -> list[Path]:
    """Write `STUDY-differences.md` and, if a metric or a map can be drawn, `STUDY-differences.png`.

    Args:
        found: a study's results beside their recomputation, whose files still exist.
        target: folder of the files; those of an earlier verification are replaced.

    Returns:
        The files written.
    """
    text = target / f"{found.known.name}-differences.md"
    picture = text.with_suffix(".png")
    picture.unlink(missing_ok=True)
    numbers, maps = changed_numbers(found), changed_maps(found)
    drawn = [row for row in numbers if row.has_interval]
    if drawn or maps:
        from camfolio.commands.verify.picture import draw  # matplotlib is only needed here

        target.mkdir(parents=True, exist_ok=True)
        draw(picture, found.known.name, drawn, maps, slice_names(found))
    link = [f"![Metrics and maps before and after]({picture.name})", ""] if drawn or maps else []
    lines = [*about(found), *results_table(found), *link]
    if found.changed:
        lines += [*numbers_section(numbers), *examples_section(changed_examples(found)), *maps_section(found, maps)]
    replace_file(text, "\n".join(lines).rstrip() + "\n")
    return [text, picture] if drawn or maps else [text]


def about(found: Verification) -> Iterator[str]:
    """Title, summary, settings and versions, and what each verdict means."""
    recorded = found.known.record.stages.values()
    origins = sorted({f"{one.processor}, {one.computed}" for one in recorded if one.processor})
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(versions(found.again.artefacts).items()))
    yield from (f"# Results of {found.known.name}, recomputed", "", found.summary, "")
    rows = {
        "Date": (source_date() or datetime.now(UTC)).date().isoformat(),
        "camfolio": camfolio.__version__,
        "Libraries": libraries,
        "Recomputed": "what is not kept" if found.quick else "everything",
        "Recomputed on": processor(),
        "Recorded on": "; ".join(origins) or "nothing is recorded; compared with the stored results",
        "Tolerance": words_for(found.tolerance),
    }
    yield from table(("", ""), rows.items())
    count = Counter(result.verdict for result in found.results)
    yield from table(
        ("Verdict", "Results", "Meaning"),
        [(verdict, str(count[verdict]), meaning) for verdict, meaning in VERDICTS.items()],
    )


def results_table(found: Verification) -> Iterator[str]:
    """The results that are not identical, and why numbers of some are not compared."""
    yield from ("## Results that differ", "")
    if not found.changed:
        yield from ("Nothing differs: every result that was recomputed is byte-identical.", "")
        return
    rows = [
        (one.stage, one.verdict, words_for(one.difference), ", ".join(f"`{file}`" for file in one.files))
        for one in found.changed
    ]
    yield from table(("Stage", "Verdict", "Largest difference", "Files"), rows)
    absent = [one.stage for one in found.changed if math.isnan(one.difference)]
    damaged = [one.stage for one in found.changed if one.verdict == DAMAGED]
    if absent:
        yield from (f"The recorded files are not here, only their digests, for {', '.join(absent)}.", "")
    if damaged:
        yield from (f"The stored files were damaged for {', '.join(damaged)}; they were computed again.", "")


def numbers_section(numbers: Sequence[ChangedNumber]) -> Iterator[str]:
    """Numbers before and after by stage, and their differences."""
    yield from ("## Numbers", "")
    if not numbers:
        yield from ("No number differs in results of which both versions are here.", "")
    for stage, of_stage in groupby(numbers, key=lambda row: row.stage):
        rows = list(of_stage)
        yield from (f"### {stage}", "")
        listed = [(row.name, written(row.before), written(row.after), number(row.difference)) for row in rows[:MOST]]
        yield from table(("Number", "Before", "After", "Difference"), listed)
        if len(rows) > MOST:
            yield from (f"{len(rows) - MOST} more of this stage differ.", "")


def examples_section(examples: Sequence[ChangedExample]) -> Iterator[str]:
    """Ids of chosen examples before and after."""
    yield from ("## Chosen examples", "")
    if not examples:
        yield from ("No chosen example is another slice, as far as both versions are here.", "")
        return
    rows = [(row.method, row.kind, row.before or "none", row.after or "none") for row in examples]
    yield from table(("Method", "Example", "Before", "After"), rows)


def maps_section(found: Verification, maps: Sequence[ChangedMaps]) -> Iterator[str]:
    """The largest difference of a pixel by method, and in which slice."""
    yield from ("## Maps", "")
    if not maps:
        yield from ("No map differs in results of which both versions are here.", "")
        return
    yield from ("Largest difference of a pixel, relative to the largest magnitude in all maps of the method.", "")
    names = slice_names(found)
    rows = [
        (row.stage, row.subject, words_for(float(row.shares.max())), row.slice_name(int(row.shares.argmax()), names))
        for row in maps
    ]
    yield from table(("Stage", "Method", "Largest difference", "Slice"), rows)


def slice_names(found: Verification) -> Sequence[str]:
    """Ids of all test slices; empty where the explorer, which lists them, is not computed."""
    explorer = found.again.artefacts.get(EXPLORER)
    ids: Sequence[str] = explorer.json("explorer.json")["id"] if explorer and explorer.folder.is_dir() else ()
    return ids


def written(row: Interval | None) -> str:
    """A value with its interval.

    >>> written(Interval(value=0.94412345678, low=0.92, high=0.961)), written(None)
    ('0.944123 (0.92 to 0.961)', 'absent')
    """
    if row is None:
        return "absent"
    ends = f" ({number(row.low)} to {number(row.high)})" if row.low is not None and row.high is not None else ""
    return number(row.value) + ends


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of a table in Markdown, with an empty line after it."""
    yield f"| {' | '.join(columns)} |"
    yield f"| {' | '.join('---' for _ in columns)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
    yield ""
