"""JSON without NaN, and tables as CSV; equal values give equal bytes."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from camfolio.errors import StoreError

FORMULA = re.compile(r"[=+\-@\t\n]")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401 - JSON is anything
    """Write indented JSON; NaN and infinite values raise ValueError."""
    path.write_text(
        json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON is anything
    """The value of a file written by `write_json`."""
    return json.loads(read_text(path))


def read_text(path: Path) -> str:
    """The text of a result file.

    Raises:
        StoreError: if it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"Expected the result file {path}, but got: {error}. Delete its folder, and it is computed again."
        raise StoreError(msg) from None


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table: floats with nine significant digits, None as an empty cell, text that no spreadsheet takes for a formula."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([as_cell(cell) for cell in row] for row in (columns, *rows))


def as_cell(value: object) -> object:
    """A value as it is written to a table; text that begins like a formula and is no number follows an apostrophe.

    >>> as_cell("=1+1"), as_cell("-0.5"), as_cell(-0.5), as_cell("-")
    ("'=1+1", '-0.5', '-0.5', "'-")
    """
    if isinstance(value, float):
        return f"{value:.9g}"
    if not isinstance(value, str):
        return value
    text = value.replace("\r", "\n")  # which is quoted, and so begins no new row
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
