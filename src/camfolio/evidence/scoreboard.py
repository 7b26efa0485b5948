"""Scoreboard: means of all scores of all subjects with intervals, paired comparisons in four families, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from jaxtyping import Float64

from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.interval import Interval
from camfolio.results.scoreboard import ComparisonRow, Comparisons, Family
from camfolio.results.subject import ORACLE, UNIFORM, Subject
from camfolio.shapes import Scores
from camfolio.statistics.measures import Measure
from camfolio.statistics.patients import Difference, Patients, differences, holm, is_equivalent, verdict
from camfolio.statistics.sign_flips import patients_needed

Pair = tuple[Subject, Subject]


@dataclass(frozen=True)
class Comparison:
    """One subject against another by one score."""

    score: str
    first: Subject
    second: Subject
    difference: Difference
    measure: Measure


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

    def compared(self, pairs: Sequence[Pair]) -> list[Comparison]:
        """All pairs by all scores that both have, first minus second."""
        cells = [
            (score, *pair) for score in self.measures for pair in pairs if all(self.has(score, one) for one in pair)
        ]
        if not cells:
            return []
        columns = [self.of(score, first) - self.of(score, second) for score, first, second in cells]
        found = differences(np.stack(columns, axis=1), self.patients)
        return [
            Comparison(score, first, second, difference, self.measures[score])
            for (score, first, second), difference in zip(cells, found, strict=True)
        ]

    def has(self, score: str, subject: Subject) -> bool:
        """Whether a subject has a score; a uniform map has those with a level of chance."""
        return self.scores.has(score, subject) or (subject == UNIFORM and score in self.scores.chance)

    def of(self, score: str, subject: Subject) -> Scores:
        """One score of one subject, slice by slice."""
        return self.scores.of(score, subject) if self.scores.has(score, subject) else self.scores.chance[score]


def compare(tables: Sequence[Table], pairs: Sequence[Pair], margins: Mapping[str, float]) -> Family:
    """A family of comparisons: all pairs by all scores that both have, corrected together.

    Args:
        tables: of scores; each may have other slices.
        pairs: of subjects; differences are the first minus the second.
        margins: score -> margin of equivalence.
    """
    family = [comparison for table in tables for comparison in table.compared(pairs)]
    corrected = holm([comparison.difference.p for comparison in family])
    rows = tuple(row(comparison, p, margins[comparison.score]) for comparison, p in zip(family, corrected, strict=True))
    tests = sum(p is not None for p in corrected)
    return Family(tests=tests, patients_needed=patients_needed(tests), rows=rows)


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
    """All families of comparisons (see `families`)."""
    return Comparisons(**{name: compare(tables, pairs, margins) for name, pairs in families(subjects).items()})


def families(subjects: Sequence[Subject]) -> dict[str, list[Pair]]:
    """Which subjects are compared: methods with each other, with a uniform map, and with controls (each with the mean of its
    own maps of other patients only), and every method at the layer in focus with itself at the others.

    >>> pairs = families([Subject("a"), Subject("b"), Subject("a", "layer1"), Subject("c", is_control=True)])
    >>> [(first.key, second.key) for first, second in pairs["controls"]]
    [('a', 'control/c'), ('b', 'control/c')]
    >>> [(first.key, second.key) for first, second in families([Subject("a"), Subject("b"), Subject("others/b", is_control=True)])["controls"]]
    [('b', 'control/others/b')]
    """
    controls = [subject for subject in subjects if subject.is_control and subject not in {ORACLE, UNIFORM}]
    methods = [subject for subject in subjects if subject.in_focus and not subject.is_control]
    return {
        "methods": list(combinations(methods, 2)),
        "uniform": [(method, UNIFORM) for method in methods],
        "controls": [pair for pair in product(methods, controls) if pair[1].others_of in ("", pair[0].name)],
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
