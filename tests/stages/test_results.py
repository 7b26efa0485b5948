"""Tables as CSV: quoting, digits and empty tables."""

from __future__ import annotations

import csv

import pytest

from camfolio.results.files import write_csv


def test_tables_have_quotes_where_needed_and_nine_digits(tmp_path):
    write_csv(tmp_path / "table.csv", ["a", 'b"'], [[1 / 3, 'x,"y'], [2, None]])
    assert (tmp_path / "table.csv").read_bytes() == b'a,"b"""\n0.333333333,"x,""y"\n2,\n'


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\n=1", "-", "-n1", "-1 2", "+1,5"]
)
def test_text_is_never_a_formula(tmp_path, text):
    write_csv(tmp_path / "table.csv", [text], [[text]])
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [[f"'{text}"], [f"'{text}"]]


def test_a_line_break_in_a_cell_begins_no_row(tmp_path):
    write_csv(tmp_path / "table.csv", ["a"], [["x\r=1"], ["\r=1"]])
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["a"], ["x\n=1"], ["'\n=1"]]


@pytest.mark.parametrize(
    "number", [-0.5, -3, "-0.5", "+3", "-1e-05", "-.5", float("-inf"), None, "a=b", "\N{MINUS SIGN}1"]
)
def test_numbers_and_other_text_stay_as_they_are(tmp_path, number):
    write_csv(tmp_path / "table.csv", ["a", "b"], [[number, 1]])
    written = (tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()[1]
    assert written == f"{'' if number is None else number},1"


def test_a_table_may_have_no_rows(tmp_path):
    write_csv(tmp_path / "table.csv", ["a", "b"], [])
    assert (tmp_path / "table.csv").read_bytes() == b"a,b\n"
