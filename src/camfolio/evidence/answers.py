"""What the questions of the evidence page are answered with in one sentence each, decided from findings and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from camfolio.evidence.class_findings import ClassFindings
from camfolio.evidence.findings import ComparedMethods, Findings
from camfolio.evidence.verdicts import IntervalVerdict
from camfolio.results.interval import Interval
from camfolio.results.result import MethodKey, Number
from camfolio.results.stability import Change, StabilityResult


@dataclass(frozen=True)
class Marked:
    """Methods with the same verdicts on the pixels that their maps mark.

    Attributes:
        methods: keys of the methods.
        verdicts: on the maps of the first and of the second class.
        alike: whether these are the same.
    """

    methods: tuple[MethodKey, ...]
    verdicts: tuple[IntervalVerdict, IntervalVerdict]
    alike: bool


@dataclass(frozen=True)
class Spread:
    """The lowest and the highest value of the methods.

    Attributes:
        lowest: of the methods whose value is defined.
        highest: of the same methods.
    """

    lowest: Number
    highest: Number

    @property
    def ends(self) -> tuple[Number, Number]:
        """Both, the lowest first."""
        return self.lowest, self.highest


@dataclass(frozen=True)
class Answers:
    """Answers to the questions of the evidence page that are not findings already.

    Attributes:
        more_energy: methods shown to put more energy on the nodule than other methods, beyond the margin -> those others.
        compared: whether the energy of any two methods on the nodule could be compared.
        marked: methods by the verdicts on the pixels that they mark, in the order of the methods.
        from_training: methods of whose maps no part was shown not to come from training.
        rank_correlation: similarity of maps to those of changed slices and of other trainings, over the methods, by change; without
            changes for which it is not defined.
    """

    more_energy: Mapping[MethodKey, tuple[str, ...]]
    compared: bool
    marked: tuple[Marked, ...]
    from_training: tuple[MethodKey, ...]
    rank_correlation: Mapping[Change, Spread]


def answers(
    findings: Findings, class_findings: ClassFindings, stability: StabilityResult, methods: Sequence[str]
) -> Answers:
    """Decide what the questions are answered with."""
    elsewhere = {*findings.not_from_training, *findings.same_pattern_when_random}
    spreads = {
        change: spread([similar[method].rank_signed for method in methods])
        for change, similar in stability.similarity.items()
    }
    return Answers(
        more_energy=more_energy(findings.differences, methods),
        compared=any(pair.row.verdict != "not defined" for pair in findings.differences),
        marked=tuple(marked(class_findings, methods)),
        from_training=tuple(method for method in methods if method not in elsewhere),
        rank_correlation={change: found for change, found in spreads.items() if found},
    )


def more_energy(pairs: Sequence[ComparedMethods], methods: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Method -> those to which it is shown to be better by the energy on the nodule, by more than the margin."""
    better = [pair for pair in pairs if pair.row.verdict in {"better", "worse"}]
    found = {method: tuple(pair.second for pair in better if pair.first == method) for method in methods}
    return {method: seconds for method, seconds in found.items() if seconds}


def marked(findings: ClassFindings, methods: Sequence[str]) -> list[Marked]:
    """Methods with the same verdicts together."""
    groups: dict[tuple[IntervalVerdict, IntervalVerdict], list[str]] = {}
    for method in methods:
        groups.setdefault(findings.marked_pixels[method].verdicts, []).append(method)
    return [Marked(tuple(names), verdicts, verdicts[0] == verdicts[1]) for verdicts, names in groups.items()]


def spread(values: Sequence[Interval]) -> Spread | None:
    """The lowest and the highest of several values; None if none of them is defined."""
    defined = [each.value for each in values if each.value is not None]
    return Spread(min(defined), max(defined)) if defined else None
