"""Tables as CSV: quoting, digits and empty tables."""

from __future__ import annotations

from camfolio.results.files import write_csv


def test_tables_have_quotes_where_needed_and_nine_digits(tmp_path):
    write_csv(tmp_path / "table.csv", ["a", 'b"'], [[1 / 3, 'x,"y'], [2, None]])
    assert (tmp_path / "table.csv").read_bytes() == b'a,"b"""\n0.333333333,"x,""y"\n2,\n'


def test_a_table_may_have_no_rows(tmp_path):
    write_csv(tmp_path / "table.csv", ["a", "b"], [])
    assert (tmp_path / "table.csv").read_bytes() == b"a,b\n"
