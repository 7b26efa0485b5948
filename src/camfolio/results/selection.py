"""`cases.json`: the examples of every method, with every number of their captions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.interval import Interval
from camfolio.results.result import (
    ClassLabel,
    Count,
    ExampleKind,
    MethodKey,
    Position,
    Ratio,
    Result,
    ResultFile,
    Share,
)


class SizeGroup(Result):
    """Place of an example among the ranked slices of similar area."""

    group: Count
    """Group of areas, from 1, smallest areas first."""
    groups: Count
    """Number of groups."""
    rank: Count
    """Rank within the group, from 1, highest score first."""
    slices: Count
    """Slices of the group."""


class Case(Result):
    """One example: a test slice, the network's prediction, and the scores of one method's map."""

    slice: Position
    """Position among the test slices, from 0."""
    id: str
    """Id of the slice."""
    true: ClassLabel
    """Label of the slice."""
    predicted: ClassLabel
    """Predicted class."""
    probability: Share
    """Probability of the predicted class."""
    rank: Count
    """Rank by the rule of selection, from 1; above 1 if slices of patients already shown were skipped."""
    among: Count
    """Number of slices that were ranked."""
    energy_share: Share | None
    """Share of the map's energy inside the nodule's mask; None without a map or a mask."""
    energy_ratio: Ratio | None
    """Energy share over area share; None without a map or a mask."""
    area_share: Share | None
    """Share of the slice that the mask covers; None without a mask."""
    size_group: SizeGroup | None = None
    """Place among slices of similar area; None if the example was not chosen by score."""


class MethodCases(Result):
    """The examples of one method."""

    cases: Mapping[ExampleKind, Case | None]
    """Examples by kind; None where no slice fits the rule. `good`, `median` and `bad` have the most, the median and the least
    energy on the nodule for its size, `misclassified` is the error with the highest probability."""
    random: tuple[Case, ...] = ()
    """Examples drawn at random, the same slices for every method."""
    undefined: Count
    """Correctly classified slices without a score."""
    size_groups: Count
    """Groups of similar area in which slices were ranked: five, fewer if a group had less than five slices; 0 without a
    ranked slice."""
    area_correlation: Interval
    """Rank correlation (Spearman) of the score with the share of the slice that the nodule covers, over all test slices on
    which it is defined."""


class CasesResult(ResultFile):
    """The examples of every method, with every number of their captions."""

    FILE: ClassVar[str] = "cases.json"

    methods: Mapping[MethodKey, MethodCases]
    """Examples by method."""
    misclassified: Count
    """Test slices that the network misclassified."""
    correct: Count
    """Test slices that the network classified correctly."""
