"""Where every score of every method and control stands between the controls, and the verdict against the best of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from camfolio.evidence.findings import ENERGY
from camfolio.results.interval import Interval
from camfolio.results.result import Count, MethodKey, ScoreKey, Share, SubjectKey
from camfolio.results.scoreboard import ComparisonRow, ScoreboardResult, ScoreKind, Verdict, VerdictCounts

BETWEEN = 5
"""Steps of shading between the worst and the best control. Step 0 is beyond the worst, the step after the last one
beyond the best."""
KINDS: tuple[ScoreKind, ...] = ("localisation", "faithfulness")
Place = Literal[
    "beyond the best", "the best", "between", "the worst", "beyond the worst", "not compared", "not defined"
]


@dataclass(frozen=True)
class Standing:
    """One score of one method or control.

    Attributes:
        subject: key of the method or control; of controls of one method each, that with the best value.
        value: its mean with the interval; None where this score of it was not measured.
        place: where the mean lies: `beyond the best` control, `the best`, `between` the controls, `the worst`, `beyond the worst`,
            `not compared` where no control has the score, or `not defined`.
        along: how far from the worst control, 0, to the best one, 1; None unless it is not worse than the one or better than the other.
        step: of shading, from 0 (beyond the worst) to 6 (beyond the best); None without a place between controls.
        verdict: on a method against the best of the controls that it is compared with; None for a control, or without one.
        comparisons: of a method, with the best control, with the control that the study file names, and with a uniform map; of a
            control, those of the methods with it.
    """

    subject: SubjectKey
    value: Interval | None
    place: Place
    along: Share | None
    step: Count | None
    verdict: Verdict | None
    comparisons: tuple[ComparisonRow, ...]


@dataclass(frozen=True)
class ScoreRow:
    """One score of all methods and controls.

    Attributes:
        score: key of the score.
        worst: the control with the worst mean; None if it is not defined for any control.
        best: the control with the best mean.
        methods: the methods, in their order.
        controls: the controls that are the same for all methods, then the best of those of one method each.
    """

    score: ScoreKey
    worst: SubjectKey | None
    best: SubjectKey | None
    methods: tuple[Standing, ...]
    controls: tuple[Standing, ...]

    @property
    def columns(self) -> tuple[Standing, ...]:
        """The methods, then the controls."""
        return (*self.methods, *self.controls)

    @property
    def is_defined(self) -> bool:
        """Whether any method or control has a value."""
        return any(one.value is not None and one.value.value is not None for one in self.columns)


@dataclass(frozen=True)
class ScoreGroup:
    """Scores that stand together.

    Attributes:
        kind: `localisation` or `faithfulness`.
        leading: whether they are those of the figure of scores and of the headline; the others are folded.
        rows: one entry per score.
    """

    kind: ScoreKind
    leading: bool
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True)
class Standings:
    """All scores of methods and controls.

    Attributes:
        groups: of the scores that are defined for any method or control, in the order of pages.
        counts: how often a method has each verdict against the best of the controls that it is compared with.
        compared: number of scores by which a method has such a verdict; without methods that have none.
        leading: the methods with such a verdict by the energy on the nodule.
    """

    groups: tuple[ScoreGroup, ...]
    counts: Mapping[MethodKey, VerdictCounts]
    compared: Mapping[MethodKey, Count]
    leading: tuple[Standing, ...]

    @property
    def between(self) -> tuple[Count, ...]:
        """Steps of shading from the worst control to the best."""
        return tuple(range(1, BETWEEN + 1))

    @property
    def beyond(self) -> Count:
        """Step of shading of what is beyond the best control."""
        return BETWEEN + 1


def standings(board: ScoreboardResult) -> Standings:
    """Where all scores stand."""
    rows = [row for score in board.measures if (row := score_row(board, score)).is_defined]
    groups = [
        ScoreGroup(kind, leading, tuple(row for row in rows if belongs(board, row.score) == (kind, leading)))
        for kind in KINDS
        for leading in (True, False)
    ]
    verdicts = {
        method: [verdict for row in rows if (verdict := row.methods[place].verdict)]
        for place, method in enumerate(board.methods)
    }
    return Standings(
        groups=tuple(group for group in groups if group.rows),
        counts={method: VerdictCounts.of(found) for method, found in verdicts.items()},
        compared={method: len(found) for method, found in verdicts.items() if found},
        leading=tuple(one for row in rows if row.score == ENERGY for one in row.methods if one.verdict),
    )


def belongs(board: ScoreboardResult, score: str) -> tuple[ScoreKind, bool]:
    """Kind of a score, and whether it is one of the leading ones."""
    measure = board.measures[score]
    return measure.kind, measure.panel or score == ENERGY


def score_row(board: ScoreboardResult, score: str) -> ScoreRow:
    """One score of all methods and controls; controls of one method each are one entry, the best of them."""
    own = by_merit(board, score, tuple(board.others))
    controls = (*board.controls, *(own[:1] or tuple(board.others)[:1]))
    ranked = by_merit(board, score, controls)
    best, worst = (ranked[0], ranked[-1]) if ranked else (None, None)
    return ScoreRow(
        score=score,
        worst=worst,
        best=best,
        methods=tuple(standing(board, score, name, worst, best, is_control=False) for name in board.methods),
        controls=tuple(standing(board, score, name, worst, best, is_control=True) for name in controls),
    )


def standing(
    board: ScoreboardResult, score: str, subject: str, worst: str | None, best: str | None, *, is_control: bool
) -> Standing:
    """One score of one subject between the worst and the best control."""
    value = board.scores[score].get(subject)
    place, along = placed(
        None if value is None else merit(board, score, subject),
        None if worst is None else merit(board, score, worst),
        None if best is None else merit(board, score, best),
    )
    compared = compared_with(board, score, subject) if is_control else compared_by(board, score, subject)
    against_best = None if is_control else best_of(board, score, compared)
    return Standing(
        subject=subject,
        value=value,
        place=place,
        along=along,
        step=step(place, along),
        verdict=against_best.verdict if against_best else None,
        comparisons=compared if is_control else shown(board, against_best, compared),
    )


def placed(value: float | None, worst: float | None, best: float | None) -> tuple[Place, float | None]:
    """The place of a value, of which more is better, and how far it is from the worst control to the best.

    >>> placed(0.25, 0.0, 1.0)
    ('between', 0.25)
    >>> placed(0.7, 0.2, 0.6), placed(0.1, 0.2, 0.6), placed(0.6, 0.2, 0.6)
    (('beyond the best', None), ('beyond the worst', None), ('the best', 1.0))
    """
    if value is None:
        return "not defined", None
    if worst is None or best is None:
        return "not compared", None
    if value > best:
        return "beyond the best", None
    if value < worst:
        return "beyond the worst", None
    if value == best:
        return "the best", 1.0
    return ("the worst", 0.0) if value == worst else ("between", (value - worst) / (best - worst))


def step(place: Place, along: float | None) -> int | None:
    """The step of shading of a place, the same share of the way from the worst control to the best in each step between.

    >>> [step("between", along) for along in (0.1, 0.2, 0.5, 0.99)], step("the worst", 0.0), step("the best", 1.0)
    ([1, 2, 3, 5], 1, 5)
    >>> step("beyond the worst", None), step("beyond the best", None), step("not compared", None)
    (0, 6, None)
    """
    if along is None:
        return {"beyond the worst": 0, "beyond the best": BETWEEN + 1}.get(place)
    return 1 + min(int(along * BETWEEN), BETWEEN - 1)


def merit(board: ScoreboardResult, score: str, subject: str) -> float | None:
    """A mean score with its sign such that more is better; None if it is not defined."""
    found = board.scores[score].get(subject)
    if found is None or found.value is None:
        return None
    return found.value if board.measures[score].better == "higher" else -found.value


def by_merit(board: ScoreboardResult, score: str, subjects: Sequence[str]) -> tuple[str, ...]:
    """Those with a defined mean, the best first; equal ones in their order."""
    merits = {subject: value for subject in subjects if (value := merit(board, score, subject)) is not None}
    return tuple(sorted(merits, key=lambda subject: -merits[subject]))


def compared_by(board: ScoreboardResult, score: str, method: str) -> tuple[ComparisonRow, ...]:
    """The comparisons of a method with controls by one score."""
    return tuple(row for row in board.comparisons.controls.rows if (row.score, row.first) == (score, method))


def compared_with(board: ScoreboardResult, score: str, control: str) -> tuple[ComparisonRow, ...]:
    """The comparisons of methods with a control by one score."""
    return tuple(row for row in board.comparisons.controls.rows if (row.score, row.second) == (score, control))


def best_of(board: ScoreboardResult, score: str, compared: Sequence[ComparisonRow]) -> ComparisonRow | None:
    """The comparison with the best of the controls, the first of several; None if the score is not defined for any of them."""
    rows = {row.second: row for row in compared}
    ranked = by_merit(board, score, tuple(rows))
    return rows[ranked[0]] if ranked else None


def shown(
    board: ScoreboardResult, against_best: ComparisonRow | None, compared: Sequence[ComparisonRow]
) -> tuple[ComparisonRow, ...]:
    """Of the comparisons of a method by one score, those with the best control, with the named one, and with a uniform map."""
    if against_best is None:
        return ()
    method, score = against_best.first, against_best.score
    named = [row for row in compared if row.second == board.named_control.get(method) and row is not against_best]
    uniform = [row for row in board.comparisons.uniform.rows if (row.score, row.first) == (score, method)]
    return (against_best, *named, *uniform)
