"""Plain result files, the same bytes for the same values: JSON, which refuses NaN, and tables as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401 - JSON is anything
    """Write indented JSON; a NaN is a mistake of ours and raises ValueError."""
    path.write_text(
        json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON is anything
    """Read what `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table: floats with nine significant digits, None as nothing."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([f"{cell:.9g}" if isinstance(cell, float) else cell for cell in row] for row in rows)
