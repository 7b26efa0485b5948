"""Scoreboard: means of all scores of all subjects with intervals, paired comparisons in three families, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from jaxtyping import Float64

from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.interval import Interval
from camfolio.results.scoreboard import ComparisonRow, Comparisons, Family
from camfolio.results.subject import Subject
from camfolio.statistics.measures import Measure
from camfolio.statistics.patients import Difference, Patients, difference, holm, is_equivalent, verdict

Pair = tuple[Subject, Subject]


@dataclass(frozen=True)
class Table:
    """Scores of the same slices.

    Attributes:
        measures: score -> how to read it, in the order of pages.
        scores: of single slices; a subject may lack a score.
        patients: of these slices.
    """

    measures: Mapping[str, Measure]
    scores: SliceScores
    patients: Patients

    def intervals(self, subjects: Sequence[Subject]) -> dict[str, dict[str, Interval]]:
        """Score -> key of the subject -> mean with its interval."""
        intervals: dict[str, dict[str, Interval]] = {score: {} for score in self.measures}
        pairs = [pair for pair in product(self.measures, subjects) if self.scores.has(*pair)]
        if pairs:
            columns = np.stack([self.scores.of(score, subject) for score, subject in pairs], axis=1)
            for (score, subject), interval in zip(pairs, self.patients.intervals(columns), strict=True):
                intervals[score][subject.key] = interval
        return intervals

    def difference(self, score: str, first: Subject, second: Subject) -> Difference:
        """Of two subjects by one score, first minus second."""
        return difference(self.scores.of(score, first), self.scores.of(score, second), self.patients)


@dataclass(frozen=True)
class Comparison:
    """One subject against another by one score."""

    score: str
    first: Subject
    second: Subject
    difference: Difference
    measure: Measure


def compare(tables: Sequence[Table], pairs: Sequence[Pair], margins: Mapping[str, float]) -> Family:
    """A family of comparisons: all pairs by all scores that both have, corrected together.

    Args:
        tables: of scores; each may have other slices.
        pairs: of subjects; differences are the first minus the second.
        margins: unit -> margin of equivalence.
    """
    family = [
        Comparison(score, first, second, table.difference(score, first, second), measure)
        for table in tables
        for score, measure in table.measures.items()
        for first, second in pairs
        if table.scores.has(score, first, second)
    ]
    corrected = holm([comparison.difference.p for comparison in family])
    rows = tuple(
        row(comparison, p, margins[comparison.measure.unit]) for comparison, p in zip(family, corrected, strict=True)
    )
    return Family(tests=sum(p is not None for p in corrected), rows=rows)


def row(comparison: Comparison, corrected: float | None, margin: float) -> ComparisonRow:
    """One comparison with its corrected p value and verdict."""
    numbers = dict(vars(comparison.difference))
    return ComparisonRow(
        **numbers.pop("interval").model_dump() | numbers,
        score=comparison.score,
        first=comparison.first.key,
        second=comparison.second.key,
        p_holm=corrected,
        margin=margin,
        equivalent=is_equivalent(comparison.difference, margin),
        verdict=verdict(comparison.difference, corrected, comparison.measure.better, margin),
    )


def compare_families(tables: Sequence[Table], subjects: Sequence[Subject], margins: Mapping[str, float]) -> Comparisons:
    """Methods with each other, methods with controls, and every method at the layer in focus with itself at the others."""
    return Comparisons(**{name: compare(tables, pairs, margins) for name, pairs in families(subjects).items()})


def families(subjects: Sequence[Subject]) -> dict[str, list[Pair]]:
    """Which subjects are compared: methods with each other, methods with controls, and every method at the layer in
    focus with itself at the others.

    >>> pairs = families([Subject("a"), Subject("b"), Subject("a", "layer1"), Subject("c", is_control=True)])
    >>> [(first.key, second.key) for first, second in pairs["controls"]]
    [('a', 'control/c'), ('b', 'control/c')]
    """
    controls = [subject for subject in subjects if subject.is_control]
    methods = [subject for subject in subjects if subject.in_focus and not subject.is_control]
    return {
        "methods": list(combinations(methods, 2)),
        "controls": list(product(methods, controls)),
        "layers": [(Subject(subject.name), subject) for subject in subjects if not subject.in_focus],
    }


def mean_curves(
    curves: Mapping[str, Mapping[Subject, Float64[np.ndarray, "slices steps"]]], patients: Patients
) -> dict[str, dict[str, tuple[Interval, ...]]]:
    """Curve -> key of the subject -> one interval per step."""
    return {
        curve: {subject.key: tuple(patients.intervals(values)) for subject, values in subjects.items()}
        for curve, subjects in curves.items()
    }
