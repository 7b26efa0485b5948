"""Faithfulness by explained class: replacing pixels may remove the evidence for one class and add some for the other.

What replaces pixels may itself look like one of the classes, so that a mean over both describes neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from camfolio.evidence.faithfulness import RANDOM_ORDER
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.by_class import ClassFaithfulness, EndPoints
from camfolio.results.interval import Interval
from camfolio.results.subject import Subject
from camfolio.statistics.measures import Measure
from camfolio.statistics.patients import Patients

UNKNOWN = Interval(value=None, low=None, high=None)
DELETION = "deletion_"
"""Begin of the name of a curve of deletion; what replaces pixels follows."""

BEFORE_AFTER_FALL = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, -1.0]])
"""From the two ends of a curve to these ends and their difference."""


@dataclass(frozen=True)
class SlicesOfClass:
    """The scored slices whose maps explain one class.

    Attributes:
        own: True on these among the scored slices.
        patients: of these slices; None if there are none.
    """

    own: Bool[np.ndarray, " slices"]
    patients: Patients | None

    def intervals(self, values: Float64[np.ndarray, "slices columns"]) -> tuple[Interval, ...]:
        """The mean of every column over these slices, from values of all scored slices.

        Not defined without slices, nor where more than half of them have no value: the rest does not describe the class.
        """
        if not self.patients:
            return tuple(UNKNOWN for _ in values.T)
        half = self.own.sum() / 2
        return tuple(
            value
            if value.slices_undefined <= half
            else UNKNOWN.model_copy(update={"slices_undefined": value.slices_undefined})
            for value in self.patients.intervals(values[self.own])
        )

    def by_subject(self, columns: Mapping[Subject, Float64[np.ndarray, " slices"]]) -> dict[str, Interval]:
        """Key of the subject -> the mean over these slices."""
        intervals = self.intervals(np.stack(list(columns.values()), axis=1))
        return {subject.key: value for subject, value in zip(columns, intervals, strict=True)}


def of_class(
    scores: SliceScores, part: SlicesOfClass, measures: Mapping[str, Measure], subjects: Sequence[Subject]
) -> ClassFaithfulness:
    """Faithfulness of the maps of one class.

    Args:
        scores: of all scored slices, with those of a uniform map as chance.
        part: the slices of the class.
        measures: score -> its direction.
        subjects: methods and controls that have all these scores.
    """
    columns = {name: {subject: scores.of(name, subject) for subject in subjects} for name in measures}
    sign = {name: 1 if measure.better == "higher" else -1 for name, measure in measures.items()}
    ends = {
        name.removeprefix(DELETION): part.intervals(curves[RANDOM_ORDER][:, [0, -1]] @ BEFORE_AFTER_FALL)
        for name, curves in scores.curves.items()
        if name.startswith(DELETION)
    }
    return ClassFaithfulness(
        slices=int(part.own.sum()),
        patients=part.patients.count if part.patients else 0,
        ends={
            baseline: EndPoints(before=before, after=after, fall=fall)
            for baseline, (before, after, fall) in ends.items()
        },
        scores={name: part.by_subject(of_subjects) for name, of_subjects in columns.items()},
        uniform={name: part.intervals(scores.chance[name][:, None])[0] for name in measures},
        gain={
            name: part.by_subject(
                {subject: sign[name] * (values - scores.chance[name]) for subject, values in of_subjects.items()}
            )
            for name, of_subjects in columns.items()
        },
        curves={
            curve: {subject.key: part.intervals(of_curve[subject]) for subject in subjects}
            for curve, of_curve in scores.curves.items()
        },
    )
