"""`cases.json`: the examples of every method, with every number of their captions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

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


class MethodCases(Result):
    """The examples of one method."""

    cases: Mapping[ExampleKind, Case | None]
    """Examples by kind: `misclassified`, `good` and `bad`; None where no slice fits the rule."""
    random: tuple[Case, ...] = ()
    """Examples drawn at random, the same slices for every method."""
    undefined: Count
    """Correctly classified slices without a score."""


class CasesResult(ResultFile):
    """The examples of every method, with every number of their captions."""

    FILE: ClassVar[str] = "cases.json"

    methods: Mapping[MethodKey, MethodCases]
    """Examples by method."""
    misclassified: Count
    """Test slices that the network misclassified."""
    correct: Count
    """Test slices that the network classified correctly."""
