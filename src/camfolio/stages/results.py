"""Plain result files: JSON that is the same bytes for the same values, and refuses NaN."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
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


def write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows with the same keys as a table: floats with nine significant digits, None as nothing."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {name: f"{value:.9g}" if isinstance(value, float) else value for name, value in row.items()}
            )
