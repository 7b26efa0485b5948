"""What a study of one network may claim: all verdicts of its pages, decided here from intervals, not in templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from camfolio.evidence.degenerate import Degenerate, degenerate
from camfolio.evidence.limits import DIFFERENT_MAPS, NOT_FROM_TRAINING
from camfolio.evidence.sample_size import PartName, TooFewPatients, few_patients, too_few
from camfolio.evidence.trainings import AcrossTrainings, across_trainings, auc_by_training
from camfolio.evidence.verdicts import (
    CHANCE,
    NOTHING,
    FollowingVerdict,
    IntervalVerdict,
    example_verdict,
    how_far,
    is_above,
    is_below,
    on_external_set,
    verdict_against,
)
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.interval import Interval
from camfolio.results.layer import LayerResult
from camfolio.results.localisation import LocalisationResult
from camfolio.results.masking import MaskingResult
from camfolio.results.randomisation import RandomisationResult
from camfolio.results.result import Count, ExampleKind, HounsfieldUnits, MethodKey, ScoreKey, Share
from camfolio.results.scoreboard import ComparisonRow, Family, ScoreboardResult
from camfolio.results.selection import CasesResult
from camfolio.results.stability import StabilityResult

ENERGY = "energy_share"
"""The score of the headline."""
SHOWN = {"better", "worse", "different within margin"}
"""Verdicts that show a difference."""
DISPLACED = 1.0
"""If half of the nodules are at least so many of their radii from the centre of their slice, their position is tested: a map
that always shows the centre misses them. Else no page says that a map finds the nodule."""


@dataclass(frozen=True)
class ComparedMethods:
    """A comparison of two methods by their energy on the nodule.

    Attributes:
        first: the method with more energy if a difference was shown; else the first of the comparison.
        second: the method compared with `first`.
        shown: whether the comparison shows a difference.
        row: the comparison with its numbers and its verdict, `row.first` minus `row.second`.
    """

    first: str
    second: str
    shown: bool
    row: ComparisonRow


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
        position_tested: whether nodules are displaced from the centre of their slices by at least their radius.
        following: how far the maximum of each method's map follows the nodule from slice to slice; empty where position
            is not tested.
        few_patients: parts of the data with fewer patients than intervals need: `test`, or `sample` (of randomisation and
            stability), with their number.
        too_few_to_test: families of comparisons in which no corrected test could be significant with so few patients.
        above_uniform: methods shown to put more energy on the nodule than a uniform map, after correction.
        below_uniform: methods shown to put less there, after correction.
        outside: share of the energy outside the mask under the method with the highest mean; None without masks.
        all_miss_once: whether every method has a correctly classified slice whose map puts less energy on the nodule than a
            uniform map.
        beat_control: methods shown to put more energy on the nodule than the control that the study file names for the
            headline, unless the difference is shown to be within the margin.
        within_margin: methods shown to put more there than that control, by a difference shown to be within the margin.
        against_control: every method against that control by its energy on the nodule, with the paired interval.
        best_control: the control with the best mean of each score; None where it is not defined for any control.
        differences: all pairs of methods by their energy on the nodule, after correction for all comparisons of methods.
        frame_above: methods shown to put more energy in the outermost pixels than a uniform map.
        masked_value_matters: values of masked pixels, HU, with which Score-CAM is shown to put more or less energy on the nodule
            than with the study's.
        zero_is_arbitrary: whether the layer in focus comes before a norm, so that a constant added to its channels changes maps
            but not the network's output.
        block: the layer of the study that ends the block of the layer in focus, whose maps stand beside it; None without one.
        undefined_scores: scores and methods with slices on which they are not defined.
        degenerate: resamples that intervals of the write-up leave out.
        degenerate_evidence: resamples that intervals of the scores, of randomisation and of stability leave out.
        not_from_training: methods whose maps stay similar when all weights are randomised.
        same_pattern_when_random: methods whose maps by networks with random weights have, up to their sign, more in common with
            the trained network's maps of the same slices than its maps of different patients' slices have.
        trainings: share of the energy on the nodule by training, the study's among them; empty without further ones.
        auc_by_training: the AUC of these networks; None without further trainings.
        other_maps_when_retrained: methods whose maps differ from one training to the next.
        follows_size: methods whose score for choosing examples is shown to grow with the nodule's area.
        than_area: the network's AUC against that of the nodule's area, over nodules.
        area_separates: whether the nodule's area alone separates the classes.
        on_external: the AUC on the external test set against that on the test part; None without an external test set.
        example: what one example's map shows: `elsewhere`, `below uniform`, `hardly above`, `above`, or
            `not defined`.
    """

    has_masks: bool
    position_tested: bool
    following: Mapping[MethodKey, FollowingVerdict]
    few_patients: Mapping[PartName, Count]
    too_few_to_test: tuple[TooFewPatients, ...]
    above_uniform: tuple[str, ...]
    below_uniform: tuple[str, ...]
    outside: Share | None
    all_miss_once: bool
    beat_control: tuple[str, ...]
    within_margin: tuple[str, ...]
    against_control: tuple[ComparisonRow, ...]
    best_control: Mapping[ScoreKey, str | None]
    differences: tuple[ComparedMethods, ...]
    frame_above: tuple[str, ...]
    masked_value_matters: tuple[HounsfieldUnits, ...]
    zero_is_arbitrary: bool
    block: str | None
    undefined_scores: tuple[UndefinedScore, ...]
    degenerate: Degenerate
    degenerate_evidence: Degenerate
    not_from_training: tuple[str, ...]
    same_pattern_when_random: tuple[str, ...]
    trainings: Mapping[MethodKey, AcrossTrainings]
    auc_by_training: AcrossTrainings | None
    other_maps_when_retrained: tuple[str, ...]
    follows_size: tuple[str, ...]
    than_area: IntervalVerdict
    area_separates: bool
    on_external: IntervalVerdict | None = None
    example: Mapping[MethodKey, Mapping[ExampleKind, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class NetworkResults:
    """The results of a study about one network from which verdicts are decided; `external` is None without an external test
    set, `masking` if no method masks slices.
    """

    evaluation: EvaluationResult
    localisation: LocalisationResult
    layer: LayerResult
    scoreboard: ScoreboardResult
    masking: MaskingResult | None
    randomisation: RandomisationResult
    stability: StabilityResult
    cases: CasesResult
    external: EvaluationResult | None


def network_findings(results: NetworkResults) -> Findings:
    """Decide everything that the pages of a study about one network claim."""
    evaluation, board, external = results.evaluation, results.scoreboard, results.external
    methods, localisation = board.methods, results.localisation
    against_uniform, randomised = shown_differences(board.comparisons.uniform), results.randomisation.all_random
    against_control = named_rows(board)
    seeds, reference = results.stability.similarity.get("seed", {}), results.stability.similarity["other_slice"]
    random = {name: randomised[name].rank_signed for name in methods}
    tested = (localisation.offset_in_radii or 0.0) >= DISPLACED
    example = example_verdicts(results.cases, methods)
    return Findings(
        has_masks=any(value.value is not None for value in board.scores["energy_share"].values()),
        position_tested=tested,
        following={name: how_far(localisation.following[name].maximum) for name in methods} if tested else {},
        few_patients=few_patients(evaluation.patients, results.stability.patients),
        too_few_to_test=tuple(too_few(board)),
        above_uniform=tuple(row.first for row in against_uniform if is_above(row, NOTHING)),
        below_uniform=tuple(row.first for row in against_uniform if is_below(row, NOTHING)),
        outside=outside(localisation),
        all_miss_once=all(example[name]["bad"] in {"elsewhere", "below uniform"} for name in methods),
        beat_control=tuple(row.first for row in against_control if row.verdict == "better"),
        within_margin=tuple(row.first for row in against_control if is_more_within_margin(row)),
        against_control=against_control,
        best_control={score: best_control(board, score) for score in board.measures},
        differences=tuple(compared(row) for row in board.comparisons.methods.rows if row.score == ENERGY),
        frame_above=above_limit(localisation.frame_energy, methods, localisation.frame_share),
        masked_value_matters=tuple(masked_value_matters(results.masking)),
        zero_is_arbitrary=results.layer.layers[results.layer.layer].before_norm,
        block=block_of(board.layers),
        undefined_scores=tuple(undefined_scores(board, methods)),
        degenerate=degenerate(
            evaluation, localisation.model_copy(update={"following": {}}), *([external] if external else [])
        ),
        degenerate_evidence=degenerate(board, results.randomisation, results.stability),
        not_from_training=above_limit(random, methods, NOT_FROM_TRAINING),
        same_pattern_when_random=tuple(
            name
            for name in methods
            if is_above(randomised[name].rank_magnitude, reference[name].rank_magnitude.high or NOTHING)
        ),
        trainings=across_trainings(results.stability),
        auc_by_training=auc_by_training(evaluation.metrics["auc"].value, results.stability),
        other_maps_when_retrained=tuple(
            name for name in methods if seeds and is_below(seeds[name].rank_signed, DIFFERENT_MAPS)
        ),
        follows_size=grows_with_area(results.cases, methods),
        than_area=verdict_against(evaluation.difference.auc, NOTHING),
        area_separates=is_above(evaluation.baseline.auc, CHANCE),
        on_external=on_external_set(evaluation.metrics["auc"], external.metrics["auc"]) if external else None,
        example=example,
    )


def outside(localisation: LocalisationResult) -> float | None:
    """Share of the energy outside the mask under the method with the highest mean; None without masks."""
    shares = [share.value for share in localisation.energy_share.values() if share.value is not None]
    return 1 - max(shares) if shares else None


def example_verdicts(cases: CasesResult, methods: Sequence[str]) -> dict[str, dict[ExampleKind, str]]:
    """What the map of every example of every method shows."""
    return {name: {kind: example_verdict(case) for kind, case in cases.methods[name].cases.items()} for name in methods}


def above_limit(values: Mapping[str, Interval], methods: Sequence[str], limit: float) -> tuple[str, ...]:
    """Methods whose value lies above a limit with its whole interval."""
    return tuple(name for name in methods if is_above(values[name], limit))


def grows_with_area(cases: CasesResult, methods: Sequence[str]) -> tuple[str, ...]:
    """Methods whose energy on the nodule was shown to grow with the nodule's area."""
    return above_limit({name: cases.methods[name].area_correlation for name in methods}, methods, NOTHING)


def is_more_within_margin(row: ComparisonRow) -> bool:
    """Whether the first has shown, but unimportantly more than the second."""
    return row.verdict == "different within margin" and is_above(row, NOTHING)


def shown_differences(family: Family) -> tuple[ComparisonRow, ...]:
    """Comparisons by the energy on the nodule that show a difference, also within the margin."""
    return tuple(row for row in family.rows if row.score == ENERGY and row.verdict in SHOWN)


def named_rows(board: ScoreboardResult) -> tuple[ComparisonRow, ...]:
    """Every method against the control that the study file names, by its energy on the nodule."""
    rows = {(row.first, row.second): row for row in board.comparisons.controls.rows if row.score == ENERGY}
    return tuple(rows[pair] for pair in board.named_control.items() if pair in rows)


def best_control(board: ScoreboardResult, score: str) -> str | None:
    """The control with the best mean of a score, the first of several; None if it is not defined for any control."""
    sign = 1 if board.measures[score].better == "higher" else -1
    values = {control: board.scores[score][control].value for control in board.controls}
    defined = {control: sign * value for control, value in values.items() if value is not None}
    return max(defined, key=lambda control: defined[control]) if defined else None


def block_of(layers: Sequence[str]) -> str | None:
    """The innermost of the other layers that contains the first one.

    >>> block_of(("layer2.1.conv2", "layer1", "layer2", "layer2.1")), block_of(("layer2.1.conv2", "layer2.1.conv1"))
    ('layer2.1', None)
    """
    return max((layer for layer in layers[1:] if layers[0].startswith(f"{layer}.")), key=len, default=None)


def masked_value_matters(masking: MaskingResult | None) -> Iterator[float]:
    """Values of masked pixels, HU, whose difference to the study's value is shown."""
    for value in masking.values if masking else ():
        if value.difference and verdict_against(value.difference, NOTHING) in {"better", "worse"}:
            yield value.hounsfield


def undefined_scores(board: ScoreboardResult, methods: Sequence[str]) -> Iterator[UndefinedScore]:
    """Scores of methods that are not defined on every slice, score by score."""
    for score, method in product(board.measures, methods):
        slices = board.scores[score][method].slices_undefined
        if slices:
            yield UndefinedScore(score, method, slices)


def compared(row: ComparisonRow) -> ComparedMethods:
    """A pair of methods by the verdict on their difference, the one with more energy first if it is shown."""
    shown = row.verdict in SHOWN
    less = shown and (row.value or 0.0) < 0
    first, second = (row.second, row.first) if less else (row.first, row.second)
    return ComparedMethods(first, second, shown=shown, row=row)
