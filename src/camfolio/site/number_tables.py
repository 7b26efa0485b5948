"""Every number of the results of a study as tables, for readers who compute with them; pages show some of these numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from camfolio.pipeline.portfolio import Portfolio
from camfolio.results.files import as_cell
from camfolio.results.interval import Interval
from camfolio.site.templates import Page

RESULTS = ("localisation", "by_class", "masking", "randomisation", "stability", "memorised")
"""Stages whose result is a table, in the order of the evidence page."""
COLUMNS = ("path", *Interval.model_fields)
Row = tuple[object, ...]


def number_tables(portfolio: Portfolio) -> list[Page]:
    """`STUDY/numbers/STAGE.csv` of every such result that is finished: a row per number, under its path in templates."""
    finished = portfolio.finished
    return [
        Page(f"{portfolio.name}/numbers/{name}.csv", as_csv(name, finished[name].json(f"{name}.json")))
        for name in RESULTS
        if name in finished
    ]


def as_csv(name: str, result: object) -> bytes:
    """A result in JSON as a table: path, value and, of an interval, its ends and what is left out."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (COLUMNS, *rows(name, result)):
        writer.writerow([as_cell(cell) for cell in row] + [""] * (len(COLUMNS) - len(row)))
    return text.getvalue().encode()


def rows(path: str, value: object) -> Iterator[Row]:
    """The rows of a value and of all in it; mappings with the fields of an interval are one row.

    >>> list(rows("a", {"b": {"value": 0.5, "low": 0.4, "high": 0.6}, "c": [1, None]}))
    [('a.b', 0.5, 0.4, 0.6, None, None), ('a.c[0]', 1), ('a.c[1]', None)]
    """
    if isinstance(value, Mapping):
        if {"value", "low", "high"} <= set(value):
            yield (path, *(value.get(column) for column in COLUMNS[1:]))
            value = {key: part for key, part in value.items() if key not in COLUMNS}
        for key, part in value.items():
            yield from rows(f"{path}.{key}", part)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from rows(f"{path}[{place}]", part)
    else:
        yield path, value
