"""What a study of one network may claim: all verdicts of its pages, decided here from intervals, not in templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from camfolio.results.evaluation import EvaluationResult
from camfolio.results.interval import Interval
from camfolio.results.localisation import LocalisationResult, MethodDifference
from camfolio.results.randomisation import RandomisationResult
from camfolio.results.result import Count, ExampleKind, MethodKey, ScoreKey, Share
from camfolio.results.scoreboard import ComparisonRow, ScoreboardResult
from camfolio.results.selection import Case, CasesResult
from camfolio.results.stability import StabilityResult
from camfolio.results.subject import Subject

IntervalVerdict = Literal["better", "worse", "not separable", "not defined"]

NOTHING = 0.0
"""A difference is shown if its interval excludes zero."""
CHANCE = 0.5
"""AUC of random predictions."""
UNIFORM = 1.0
"""Energy ratio of a uniform map."""
HARDLY_MORE = 1.5
"""An example's map with less than this multiple of a uniform map's energy on the nodule is called hardly better than it.
A convention: a single slice has no interval, so a small excess is not reported as a success."""
MOSTLY_ELSEWHERE = 0.5
"""A map with a smaller share of its energy on the nodule has most of it elsewhere."""
NOT_FROM_TRAINING = 0.2
"""If the rank correlation of a method's maps after randomisation of all weights with those before has an interval above
this, the page says that the maps show something that does not come from training. A convention, above zero since two maps
of one slice share its structure."""
DIFFERENT_MAPS = 0.5
"""If the rank correlation of a method's maps between two trainings has an interval below this, they are called different
maps. A convention: the page states the value and the limit."""


@dataclass(frozen=True)
class ComparedMethods:
    """A comparison of two methods by their energy on the nodule.

    Attributes:
        first: the method with more energy if a difference was shown; else the first of the comparison.
        second: the method compared with `first`.
        shown: whether the comparison shows a difference.
        row: the comparison with its numbers, `row.first` minus `row.second`.
    """

    first: str
    second: str
    shown: bool
    row: MethodDifference | ComparisonRow


@dataclass(frozen=True)
class UndefinedScore:
    """Number of slices on which a method's score is not defined: no mask, an empty map or a uniform map.

    Attributes:
        score: key of the score.
        method: key of the method.
        slices: slices on which it is not defined.
    """

    score: str
    method: str
    slices: Count


@dataclass(frozen=True)
class Findings:
    """The verdicts of a study about one network; methods, scores and controls by their keys.

    Attributes:
        has_masks: whether any score could be measured against a mask.
        above_uniform: methods shown to put more energy on the nodule than a uniform map.
        below_uniform: methods shown to put less there.
        outside: share of the energy outside the mask under the method with the highest mean; None without masks.
        all_miss_once: whether every method has a correctly classified slice whose map puts less energy on the nodule than a
            uniform map.
        beat_controls: methods shown to put more energy on the nodule than every control.
        beat_centre_blob: methods shown to put more energy on the nodule than the blob at the slice's centre.
        best_control: the control with the best mean of each score; None where it is not defined for any control.
        interval_differences: pairs of methods by the uncorrected interval of their energy on the nodule.
        corrected_differences: pairs of methods that differ after correction for all comparisons.
        undefined_scores: scores and methods with slices on which they are not defined.
        not_from_training: methods whose maps stay similar when all weights are randomised.
        other_maps_when_retrained: methods whose maps differ from one training to the next.
        than_area: the network's AUC against that of the nodule's area.
        area_separates: whether the nodule's area alone separates the classes.
        on_external: the AUC on the external test set against that on the test part; None without an external test set.
        example: what one example's map shows: `elsewhere`, `below uniform`, `hardly above`, `above`, or
            `not defined`.
    """

    has_masks: bool
    above_uniform: tuple[str, ...]
    below_uniform: tuple[str, ...]
    outside: Share | None
    all_miss_once: bool
    beat_controls: tuple[str, ...]
    beat_centre_blob: tuple[str, ...]
    best_control: Mapping[ScoreKey, str | None]
    interval_differences: tuple[ComparedMethods, ...]
    corrected_differences: tuple[ComparedMethods, ...]
    undefined_scores: tuple[UndefinedScore, ...]
    not_from_training: tuple[str, ...]
    other_maps_when_retrained: tuple[str, ...]
    than_area: IntervalVerdict
    area_separates: bool
    on_external: IntervalVerdict | None = None
    example: Mapping[MethodKey, Mapping[ExampleKind, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class NetworkResults:
    """The results of a study about one network from which verdicts are decided; `external` is None without an external test
    set.
    """

    evaluation: EvaluationResult
    localisation: LocalisationResult
    scoreboard: ScoreboardResult
    randomisation: RandomisationResult
    stability: StabilityResult
    cases: CasesResult
    external: EvaluationResult | None


def network_findings(results: NetworkResults) -> Findings:
    """Decide everything that the pages of a study about one network claim."""
    evaluation, board, external = results.evaluation, results.scoreboard, results.external
    methods, localisation = board.methods, results.localisation
    above, randomised = localisation.above_area, results.randomisation.all_random
    shares = [share.value for share in localisation.energy_share.values() if share.value is not None]
    seeds = results.stability.similarity.get("seed", {})
    example = {
        name: {kind: example_verdict(case) for kind, case in results.cases.methods[name].cases.items()}
        for name in methods
    }
    return Findings(
        has_masks=any(value.value is not None for value in board.scores["energy_share"].values()),
        above_uniform=tuple(name for name in methods if is_above(above[name], NOTHING)),
        below_uniform=tuple(name for name in methods if is_below(above[name], NOTHING)),
        outside=1 - max(shares) if shares else None,
        all_miss_once=all(example[name]["bad"] in {"elsewhere", "below uniform"} for name in methods),
        beat_controls=beating(board, methods, list(board.controls)),
        beat_centre_blob=beating(board, methods, [Subject("centre_blob", is_control=True).key]),
        best_control={score: best_control(board, score) for score in board.measures},
        interval_differences=tuple(map(by_interval, localisation.difference)),
        corrected_differences=tuple(corrected(board)),
        undefined_scores=tuple(undefined_scores(board, methods)),
        not_from_training=tuple(name for name in methods if is_above(randomised[name].rank_signed, NOT_FROM_TRAINING)),
        other_maps_when_retrained=tuple(
            name for name in methods if seeds and is_below(seeds[name].rank_signed, DIFFERENT_MAPS)
        ),
        than_area=verdict_against(evaluation.difference.auc, NOTHING),
        area_separates=is_above(evaluation.baseline.auc, CHANCE),
        on_external=on_external_set(evaluation.metrics["auc"], external.metrics["auc"]) if external else None,
        example=example,
    )


def is_above(value: Interval, limit: float) -> bool:
    """Whether an interval lies entirely above a limit; False if there is no interval.

    >>> is_above(Interval(value=0.6, low=0.5, high=0.7), 0.4), is_above(Interval(value=0.6, low=None, high=None), 0.4)
    (True, False)
    """
    return value.low is not None and value.low > limit


def is_below(value: Interval, limit: float) -> bool:
    """Whether an interval lies entirely below a limit; False if there is no interval."""
    return value.high is not None and value.high < limit


def verdict_against(value: Interval, limit: float) -> IntervalVerdict:
    """The verdict on a number against a limit, by its interval."""
    if value.value is None:
        return "not defined"
    if is_above(value, limit):
        return "better"
    return "worse" if is_below(value, limit) else "not separable"


def on_external_set(internal: Interval, external: Interval) -> IntervalVerdict:
    """The AUC on an external test set against that on the test part: better or worse only if the intervals do not overlap."""
    if internal.low is None or internal.high is None or external.low is None or external.high is None:
        return "not defined"
    if external.high < internal.low:
        return "worse"
    return "better" if external.low > internal.high else "not separable"


def example_verdict(case: Case | None) -> str:
    """The verdict on an example's map against a uniform map."""
    if case is None or case.energy_ratio is None or case.energy_share is None:
        return "not defined"
    if case.energy_ratio < UNIFORM:
        return "elsewhere" if case.energy_share < MOSTLY_ELSEWHERE else "below uniform"
    return "hardly above" if case.energy_ratio < HARDLY_MORE else "above"


def beating(board: ScoreboardResult, methods: Sequence[str], controls: Sequence[str]) -> tuple[str, ...]:
    """Methods shown to put more energy on the nodule than each of these controls, after correction for all comparisons."""
    better = {
        (row.first, row.second)
        for row in board.comparisons.controls.rows
        if row.score == "energy_share" and row.verdict == "better"
    }
    energy = board.scores["energy_share"]
    return tuple(
        name
        for name in methods
        if energy[name].value is not None and all((name, control) in better for control in controls)
    )


def best_control(board: ScoreboardResult, score: str) -> str | None:
    """The control with the best mean of a score, the first of several; None if it is not defined for any control."""
    sign = 1 if board.measures[score].better == "higher" else -1
    values = {control: board.scores[score][control].value for control in board.controls}
    defined = {control: sign * value for control, value in values.items() if value is not None}
    return max(defined, key=lambda control: defined[control]) if defined else None


def undefined_scores(board: ScoreboardResult, methods: Sequence[str]) -> Iterator[UndefinedScore]:
    """Scores of methods that are not defined on every slice, score by score."""
    for score, method in product(board.measures, methods):
        slices = board.scores[score][method].slices_undefined
        if slices:
            yield UndefinedScore(score, method, slices)


def by_interval(row: MethodDifference) -> ComparedMethods:
    """A pair of methods by the interval of their difference alone."""
    if is_below(row, NOTHING):
        return ComparedMethods(row.second, row.first, shown=True, row=row)
    return ComparedMethods(row.first, row.second, shown=is_above(row, NOTHING), row=row)


def corrected(board: ScoreboardResult) -> Iterator[ComparedMethods]:
    """Pairs of methods whose energy on the nodule differs, after correction for all comparisons of methods."""
    for row in board.comparisons.methods.rows:
        if row.score == "energy_share" and row.verdict in {"better", "worse"}:
            names = (row.first, row.second) if row.verdict == "better" else (row.second, row.first)
            yield ComparedMethods(*names, shown=True, row=row)
