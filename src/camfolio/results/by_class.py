"""`by_class.json`: faithfulness of the maps of each explained class, with the end points of all curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from camfolio.results.interval import Interval
from camfolio.results.result import Count, Key, Result, ResultFile, ScoreKey, SubjectKey
from camfolio.results.scoreboard import CurveKey

BaselineKey = Annotated[str, Key("BASELINE", "what replaces pixels: parenchyma or blur")]


class EndPoints(Result):
    """Mean probability of the explained class at both ends of the curves of one baseline."""

    before: Interval
    """With nothing replaced."""
    after: Interval
    """With all pixels replaced."""
    fall: Interval
    """Paired difference, before minus after; negative where replacing all pixels raises the probability."""


class ClassFaithfulness(Result):
    """Faithfulness of the maps that explain one class; means over slices with intervals over patients."""

    slices: Count
    """Slices whose maps explain this class."""
    patients: Count
    """Patients of these slices."""
    ends: Mapping[BaselineKey, EndPoints]
    """End points of the curves of deletion and insertion, by what replaces pixels; they are the same for all maps."""
    scores: Mapping[ScoreKey, Mapping[SubjectKey, Interval]]
    """Mean scores of methods and controls."""
    uniform: Mapping[ScoreKey, Interval]
    """Mean scores of a uniform map, whose pixels are replaced in random order."""
    gain: Mapping[ScoreKey, Mapping[SubjectKey, Interval]]
    """Paired difference from a uniform map, positive where the subject is better."""
    curves: Mapping[CurveKey, Mapping[SubjectKey, tuple[Interval, ...]]]
    """Probability of the explained class as pixels are replaced; the shares of pixels are in `faithfulness.json`."""


class ByClassResult(ResultFile):
    """Faithfulness of the maps of each explained class; all classes together are in `scoreboard.json`."""

    FILE: ClassVar[str] = "by_class.json"

    explained: tuple[ClassFaithfulness, ClassFaithfulness]
    """By explained class: the first, and the second."""
