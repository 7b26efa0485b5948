"""Scoreboard: means of all scores of all subjects with intervals, paired comparisons in stated families, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
from jaxtyping import Float64

from camfolio.evidence.subject import Subject
from camfolio.statistics.measures import Measure
from camfolio.statistics.patients import Difference, Patients, difference, holm, is_equivalent, verdict

Pair = tuple[str, str]


@dataclass(frozen=True)
class Table:
    """Scores of the same slices.

    Attributes:
        measures: score -> how to read it, in the order of pages.
        scores: `SCORE/SUBJECT` -> (n,), NaN where not defined; not every subject needs every score.
        patients: whose slices they are.
    """

    measures: Mapping[str, Measure]
    scores: Mapping[str, Float64[np.ndarray, " slices"]]
    patients: Patients

    def intervals(self, subjects: Sequence[str]) -> dict[str, dict[str, dict[str, object]]]:
        """Score -> subject -> value, low, high, undefined (resamples), slices_undefined."""
        there = [(score, subject) for score, subject in product(self.measures, subjects) if self.has(score, subject)]
        columns = [self.scores[f"{score}/{subject}"] for score, subject in there]
        found: dict[str, dict[str, dict[str, object]]] = {score: {} for score in self.measures}
        if columns:
            for (score, subject), values, one in zip(
                there, columns, self.patients.intervals(np.stack(columns, axis=1)), strict=True
            ):
                found[score][subject] = one.model_dump() | {"slices_undefined": int(np.isnan(values).sum())}
        return found

    def has(self, score: str, *subjects: str) -> bool:
        """Whether all these subjects have a score."""
        return all(f"{score}/{subject}" in self.scores for subject in subjects)


@dataclass(frozen=True)
class Comparison:
    """One subject against another by one score."""

    score: str
    one: str
    other: str
    found: Difference
    measure: Measure


def compare(tables: Sequence[Table], pairs: Sequence[Pair], margins: Mapping[str, float]) -> dict[str, Any]:
    """A family of comparisons: all pairs by all scores that both have, corrected together.

    Args:
        tables: with their own slices each.
        pairs: of subjects; differences are the first minus the second.
        margins: unit -> the difference that does not matter.

    Returns:
        `tests`, how many p values were corrected together, and `rows`: `score`, `one`, `other`, `value`, `low`, `high`
        (one minus other, 95 %), `low90`, `high90`, `p`, `p_holm`, `slices`, `patients`, `undefined` (resamples),
        `slices_undefined`, `margin`, `equivalent` (the test at the margin), `verdict` on one.
    """
    family = [
        Comparison(
            score, one, other, difference(t.scores[f"{score}/{one}"], t.scores[f"{score}/{other}"], t.patients), measure
        )
        for t in tables
        for score, measure in t.measures.items()
        for one, other in pairs
        if t.has(score, one, other)
    ]
    corrected = holm([one.found.p for one in family])
    rows = [row(one, p, margins[one.measure.unit]) for one, p in zip(family, corrected, strict=True)]
    return {"tests": sum(p is not None for p in corrected), "rows": rows}


def row(compared: Comparison, corrected: float | None, margin: float) -> dict[str, object]:
    """One comparison as plain JSON."""
    found = dict(vars(compared.found))
    interval = found.pop("interval").model_dump()
    return {
        "score": compared.score,
        "one": compared.one,
        "other": compared.other,
        **interval,
        **found,
        "p_holm": corrected,
        "margin": margin,
        "equivalent": is_equivalent(compared.found, margin),
        "verdict": verdict(compared.found, corrected, compared.measure.better, margin),
    }


def families(subjects: Sequence[Subject]) -> dict[str, list[Pair]]:
    """Which subjects are compared: methods with each other, methods with controls, and every method at the layer in
    focus with itself at the others.

    >>> families([Subject("a"), Subject("b"), Subject("a", "layer1"), Subject("c", is_control=True)])["controls"]
    [('a', 'control/c'), ('b', 'control/c')]
    """
    controls = [subject.key for subject in subjects if subject.is_control]
    methods = [subject.key for subject in subjects if subject.in_focus and not subject.is_control]
    return {
        "methods": list(combinations(methods, 2)),
        "controls": list(product(methods, controls)),
        "layers": [(subject.name, subject.key) for subject in subjects if not subject.in_focus],
    }


def mean_curves(
    curves: Mapping[str, Float64[np.ndarray, "slices steps"]], patients: Patients
) -> dict[str, dict[str, list[dict[str, object]]]]:
    """`CURVE/SUBJECT` -> (m, steps) as curve -> subject -> one interval per step."""
    found: dict[str, dict[str, list[dict[str, object]]]] = {}
    for name, values in curves.items():
        curve, _, subject = name.partition("/")
        found.setdefault(curve, {})[subject] = [one.model_dump() for one in patients.intervals(values)]
    return found
