"""What the pages say of the faithfulness of maps by explained class, decided from intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from camfolio.evidence.verdicts import NOTHING, IntervalVerdict, is_below, verdict_against
from camfolio.results.by_class import BaselineKey, ByClassResult
from camfolio.results.interval import Interval
from camfolio.results.result import ClassLabel, MethodKey, ScoreKey

HEADLINE = "road_gap"
"""The score by which pages say whether marked pixels matter: it compares two orders of the same pixels and needs no baseline."""


@dataclass(frozen=True)
class MarkedPixels:
    """One method by `HEADLINE`, against a uniform map.

    Attributes:
        verdicts: on the maps of the first and of the second class.
        gains: the paired differences from a uniform map.
    """

    verdicts: tuple[IntervalVerdict, IntervalVerdict]
    gains: tuple[Interval, Interval]


@dataclass(frozen=True)
class OppositeClasses:
    """A score by which a method is shown to be better than a uniform map for one class and worse for the other.

    Attributes:
        score: key of the score.
        method: key of the method.
        better: the class for which it is better.
    """

    score: ScoreKey
    method: MethodKey
    better: ClassLabel


@dataclass(frozen=True)
class ClassFindings:
    """Verdicts on faithfulness by explained class.

    Attributes:
        marked_pixels: what the headline score shows, by method.
        opposite: scores by which the classes contradict each other.
        rising: what replaces pixels -> the classes whose probability it is shown to raise when all pixels are replaced.
    """

    marked_pixels: Mapping[MethodKey, MarkedPixels]
    opposite: tuple[OppositeClasses, ...]
    rising: Mapping[BaselineKey, tuple[ClassLabel, ...]]


def class_findings(result: ByClassResult, methods: Sequence[str]) -> ClassFindings:
    """Decide what is said of each class; a class without slices has no verdict."""
    first, second = result.explained
    return ClassFindings(
        marked_pixels={
            name: marked_pixels(first.gain[HEADLINE][name], second.gain[HEADLINE][name]) for name in methods
        },
        opposite=tuple(
            OppositeClasses(score, name, verdicts.index("better"))
            for score, name in product(first.gain, methods)
            if set(verdicts := gains_verdicts(first.gain[score][name], second.gain[score][name])) == {"better", "worse"}
        ),
        rising={
            baseline: tuple(
                label for label, part in enumerate(result.explained) if is_below(part.ends[baseline].fall, NOTHING)
            )
            for baseline in first.ends
        },
    )


def marked_pixels(first: Interval, second: Interval) -> MarkedPixels:
    """The verdicts on one method, from its gains over a uniform map on the maps of both classes."""
    return MarkedPixels(gains_verdicts(first, second), (first, second))


def gains_verdicts(first: Interval, second: Interval) -> tuple[IntervalVerdict, IntervalVerdict]:
    """The verdicts on two gains over a uniform map."""
    return verdict_against(first, NOTHING), verdict_against(second, NOTHING)
