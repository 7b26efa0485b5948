"""JSON without NaN, and tables as CSV; equal values give equal bytes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from camfolio.errors import StoreError


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
    """Write a table: floats with nine significant digits, None as an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([f"{cell:.9g}" if isinstance(cell, float) else cell for cell in row] for row in rows)
