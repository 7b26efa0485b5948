"""Whether there are enough patients for intervals and tests to say what they should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from camfolio.results.result import Count
from camfolio.results.scoreboard import ScoreboardResult

PartName = Literal["test", "sample"]


FEW_PATIENTS = 30
"""With fewer patients, 95 % intervals cover less than they say: about 89 to 93 % with 20 patients, and about 80 % for an AUC near 1
with 10 (simulations in `benchmarks/intervals.py`)."""


@dataclass(frozen=True)
class TooFewPatients:
    """A family of comparisons in which no corrected test could ever be significant.

    Attributes:
        family: its name: methods, uniform, controls or layers.
        tests: corrected together.
        patients: the most that any comparison has.
        needed: the smallest number with which a corrected p value could be below 0.05.
    """

    family: str
    tests: Count
    patients: Count
    needed: Count


def few_patients(test: int, sample: int) -> dict[PartName, int]:
    """Parts of the data with too few patients for intervals to cover what they say."""
    parts: dict[PartName, int] = {"test": test, "sample": sample}
    return {name: count for name, count in parts.items() if count < FEW_PATIENTS}


def too_few(board: ScoreboardResult) -> Iterator[TooFewPatients]:
    """Families of comparisons in which no corrected test could be significant."""
    for name, family in board.comparisons.by_name.items():
        most = max((row.patients for row in family.rows), default=0)
        if family.tests and most < family.patients_needed:
            yield TooFewPatients(name, family.tests, most, family.patients_needed)
