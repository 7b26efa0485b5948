"""Results as tables of numbers: every number once, under the path that templates use."""

from __future__ import annotations

import csv
import io
from operator import attrgetter

from camfolio.site.number_tables import COLUMNS, as_csv, number_tables
from camfolio.site.values import results


def read(content):
    return list(csv.reader(io.StringIO(content.decode())))


def test_an_interval_is_one_row_and_what_it_holds_follows():
    interval = {
        "value": 0.5,
        "low": 0.25,
        "high": None,
        "undefined": 2,
        "slices_undefined": 1,
        "by_network": [0.5, 0.75],
    }
    header, *found = read(as_csv("stage", {"grad_cam": interval, "slices": 9, "empty": None, "words": "=1+1"}))
    assert header == [*COLUMNS] == ["path", "value", "low", "high", "undefined", "slices_undefined"]
    assert found == [
        ["stage.grad_cam", "0.5", "0.25", "", "2", "1"],
        ["stage.grad_cam.by_network[0]", "0.5", "", "", "", ""],
        ["stage.grad_cam.by_network[1]", "0.75", "", "", "", ""],
        ["stage.slices", "9", "", "", "", ""],
        ["stage.empty", "", "", "", "", ""],
        ["stage.words", "'=1+1", "", "", "", ""],
    ]


def test_every_result_of_the_evidence_page_is_a_table_with_the_values_of_templates(portfolio):
    tables = {page.path: read(page.content) for page in number_tables(portfolio)}
    assert list(tables) == [
        f"tiny/numbers/{name}.csv"
        for name in ("localisation", "by_class", "masking", "randomisation", "stability", "memorised")
    ]
    values = results(portfolio)
    rows = {row[0]: row for row in tables["tiny/numbers/stability.csv"]}
    for method in values["study"].explanation.methods:
        found = values["stability"].similarity["noise"][method].rank_signed
        assert rows[f"stability.similarity.noise.{method}.rank_signed"][1:3] == [
            f"{each:.9g}" for each in (found.value, found.low)
        ]
    rows = {row[0]: row for row in tables["tiny/numbers/localisation.csv"]}
    assert float(rows["localisation.offset_in_radii"][1]) == float(
        f"{attrgetter('localisation.offset_in_radii')(AsAttributes(values)):.9g}"
    )


class AsAttributes:
    """Values of templates as attributes."""

    def __init__(self, values):
        self.values = values

    def __getattr__(self, name):
        return self.values[name]
