"""`scoreboard.json`: all scores of all subjects with their intervals, and their comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from camfolio.results.interval import Interval
from camfolio.results.result import Count, Key, MethodKey, Number, Result, ResultFile, ScoreKey, SubjectKey
from camfolio.results.subject import ORACLE, Subject

ScoreUnit = Literal["share", "ratio", "mm"]
Direction = Literal["higher", "lower"]
ScoreKind = Literal["localisation", "faithfulness"]
Verdict = Literal["better", "worse", "different within margin", "equivalent", "not separable", "not defined"]
CurveKey = Annotated[str, Key("CURVE", "key of a curve, such as deletion_blur")]


class MeasureResult(Result):
    """Title, unit and direction of one score."""

    title: str
    """Name on pages."""
    unit: ScoreUnit
    """`share` lies from 0 to 1 (differences from -1 to 1), `ratio` is 1 at chance, `mm` is a distance."""
    better: Direction
    """Whether higher or lower values are better."""
    panel: bool
    """Whether the figure of scores has a panel for it."""
    by_layer: bool
    """Whether the table that compares layers has a column for it."""
    kind: ScoreKind
    """`localisation` (maps against the mask) or `faithfulness` (pixels replaced)."""
    margin: Number
    """Margin of equivalence, in the score's unit."""
    margin_reason: str
    """Why differences within the margin are of no practical importance."""


class Counts(Result):
    """Counts by kind of score."""

    localisation: Count
    """For localisation scores, which use the whole test part."""
    faithfulness: Count
    """For faithfulness scores, which use a sample of it."""


class ComparisonRow(Interval):
    """A paired difference of two subjects by one score: `first` minus `second`, over the slices on which both are defined."""

    score: str
    """Key of the score, in whose unit the difference is."""
    first: str
    """Key of the subject that the verdict is about."""
    second: str
    """Key of the subject that is subtracted."""
    low90: Number | None
    """Lower end of the 90 % interval, for two one-sided tests at 5 % each; None if not defined."""
    high90: Number | None
    """Upper end of the 90 % interval; None if not defined."""
    p: Number | None
    """P value of the sign-flip test of `value` with patients as clusters, two-sided, not corrected; None if not defined."""
    p_holm: Number | None
    """P value after Holm's correction within the family; None if not defined."""
    slices: Count
    """Slices on which both are defined."""
    patients: Count
    """Patients with such a slice."""
    margin: Number
    """Margin of equivalence, in the score's unit."""
    equivalent: bool
    """Whether the 90 % interval lies within the margin on either side of zero."""
    verdict: Verdict
    """Verdict on the first subject."""


@dataclass(frozen=True)
class VerdictCounts:
    """Number of comparisons with each verdict; those that are not defined count as not separable.

    Attributes:
        better: the first subject is better.
        worse: it is worse.
        different_within_margin: it is different, but within the margin.
        equivalent: no difference is shown, and none beyond the margin is compatible with the data.
        not_separable: all others.
    """

    better: int
    worse: int
    different_within_margin: int
    equivalent: int
    not_separable: int

    @classmethod
    def of(cls, verdicts: Sequence[Verdict]) -> VerdictCounts:
        """Number of each verdict in a list."""
        return cls(
            better=verdicts.count("better"),
            worse=verdicts.count("worse"),
            different_within_margin=verdicts.count("different within margin"),
            equivalent=verdicts.count("equivalent"),
            not_separable=verdicts.count("not separable") + verdicts.count("not defined"),
        )

    @property
    def without_difference(self) -> int:
        """Comparisons without a shown difference."""
        return self.equivalent + self.not_separable


class Family(Result):
    """Comparisons that are corrected together: all pairs by all scores that both subjects have."""

    tests: Count
    """Number of p values that are corrected together."""
    patients_needed: Count
    """Smallest number of patients with which any corrected p value could be below 0.05."""
    rows: tuple[ComparisonRow, ...]
    """One entry per score and pair of subjects."""

    def count(self, first: str = "", second: str = "") -> VerdictCounts:
        """Verdicts of all comparisons, or of those of one pair of subjects."""
        verdicts = [row.verdict for row in self.rows if first in {"", row.first} and second in {"", row.second}]
        return VerdictCounts.of(verdicts)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The compared pairs, first and second subject, in the order of the second subject's key."""
        return sorted(
            {(row.first, row.second) for row in self.rows}, key=lambda pair: (pair[1].lower(), pair[0].lower())
        )

    def verdict(self, score: str, second: str) -> Verdict | None:
        """The verdict by one score of the comparison with this second subject; None if there is no such comparison."""
        return next((row.verdict for row in self.rows if (row.score, row.second) == (score, second)), None)


class Comparisons(Result):
    """The four families of comparisons."""

    methods: Family
    """Methods with each other."""
    uniform: Family
    """Methods with a uniform map, by the scores that have a level of chance."""
    controls: Family
    """Methods with controls."""
    layers: Family
    """Every method at the layer in focus with itself at the other layers."""

    @property
    def tests(self) -> int:
        """Tests in all families."""
        return sum(family.tests for family in self.by_name.values())

    @property
    def by_name(self) -> dict[str, Family]:
        """Name -> family."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class ScoreboardResult(ResultFile):
    """All scores of all subjects, means over slices with intervals over patients, and their comparisons."""

    FILE: ClassVar[str] = "scoreboard.json"

    measures: Mapping[ScoreKey, MeasureResult]
    """Title, unit and direction of every score, in the order of pages."""
    methods: tuple[MethodKey, ...]
    """Keys of the methods."""
    controls: Mapping[SubjectKey, str]
    """Titles of the controls that are the same for all methods."""
    others: Mapping[SubjectKey, MethodKey]
    """Controls of one method each: the mean of its maps of other patients with the same answer; the method by control."""
    named_control: Mapping[MethodKey, SubjectKey]
    """The control that the study file names in advance for the headline, by method."""
    layers: tuple[str, ...]
    """Full names of the layers, the one in focus first."""
    slices: Counts
    """Slices that were scored."""
    patients: Counts
    """Patients of these slices."""
    resamples: Count
    """Bootstrap resamples of patients."""
    scores: Mapping[ScoreKey, Mapping[SubjectKey, Interval]]
    """Mean scores by score and subject, in the score's unit; a subject may lack a score."""
    chance: Mapping[ScoreKey, Interval]
    """Mean score of a uniform map, whose pixels are replaced in random order; scores without a chance level are absent."""
    comparisons: Comparisons
    """Paired differences with verdicts."""
    curves: Mapping[CurveKey, Mapping[SubjectKey, tuple[Interval, ...]]]
    """Probability of the explained class as pixels are replaced, by curve and subject; the shares of pixels are in `faithfulness.json`."""

    @cached_property
    def in_focus(self) -> tuple[str, ...]:
        """Keys of the methods at the layer in focus, then of the controls."""
        return (*self.methods, *self.controls)

    @property
    def named_control_title(self) -> str:
        """The control that the headline compares every method with, in words."""
        key = self.named_control[self.methods[0]]
        return (
            f"the control “{self.controls[key]}”"
            if key in self.controls
            else "the mean of the same method's maps of other patients"
        )

    @property
    def oracle(self) -> Mapping[ScoreKey, Interval]:
        """Scores of the true mask at the resolution of the layer in focus."""
        return {score: subjects[ORACLE.key] for score, subjects in self.scores.items() if ORACLE.key in subjects}

    def key(self, method: str, layer: str) -> str:
        """Key of a method at a layer."""
        return Subject(method, "" if layer == self.layers[0] else layer).key
