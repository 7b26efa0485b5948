"""`evaluation.json`: metrics of the network's predictions, and of the nodule's area alone as a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from camfolio.results.interval import Interval
from camfolio.results.result import Count, Key, Result, ResultFile, Share

MetricKey = Annotated[str, Key("METRIC", "key of a metric, such as auc")]


class MetricWords(Result):
    """How tables show a metric."""

    title: str
    """Its name in tables."""
    written: Literal["number", "percent"]
    """Whether pages write it as a number or in percent."""
    external: bool
    """Whether the table that compares the test part with an external test set has a row for it."""


class AreaBaseline(Result):
    """The nodule's area as a classifier, on the cases that have a mask."""

    auc: Interval
    """Its AUC."""
    direction: Literal["larger", "smaller"]
    """Whether larger or smaller nodules are more often of the second class in the training part."""
    cases: Count
    """Cases that have a mask."""


class AreaDifference(Result):
    """The network against the nodule's area, on the cases that have a mask."""

    auc: Interval
    """AUC of the network minus that of the area."""


class CaseMetrics(Result):
    """Metrics of the network over cases of one kind, nodules or slices, and of the nodule's area alone on the same cases."""

    cases: Count
    """Nodules or slices."""
    positives: Count
    """Cases of the second class."""
    metrics: Mapping[MetricKey, Interval]
    """Values with their intervals, by metric; `auc` is one of them."""
    baseline: AreaBaseline
    """The nodule's area alone."""
    difference: AreaDifference
    """The network minus the nodule's area."""
    always_majority: Share
    """Accuracy of always predicting the majority class."""

    @property
    def all_have_masks(self) -> bool:
        """Whether every case has a mask."""
        return self.baseline.cases == self.cases


class Confusion(Result):
    """Labels of nodules against predictions at probability 0.5; the second class is positive."""

    true_negatives: Count
    """Nodules of the first class that are predicted as such."""
    false_positives: Count
    """Nodules of the first class that are predicted as the second."""
    false_negatives: Count
    """Nodules of the second class that are predicted as the first."""
    true_positives: Count
    """Nodules of the second class that are predicted as such."""

    @property
    def negatives(self) -> Count:
        """Nodules of the first class."""
        return self.true_negatives + self.false_positives

    @property
    def positives(self) -> Count:
        """Nodules of the second class."""
        return self.false_negatives + self.true_positives

    @property
    def matrix(self) -> tuple[tuple[Count, Count], tuple[Count, Count]]:
        """One row per label, one column per prediction."""
        return (self.true_negatives, self.false_positives), (self.false_negatives, self.true_positives)


class RocCurve(Result):
    """Points of a ROC curve, one per threshold."""

    false_positive: tuple[Share, ...]
    """1 - specificity."""
    true_positive: tuple[Share, ...]
    """Sensitivity."""


class RocCurves(Result):
    """The ROC curves over nodules; None if there is only one class."""

    network: RocCurve | None
    """Of the probability of the second class."""
    area: RocCurve | None
    """Of the nodule's area, on the nodules that have a mask."""


class CalibrationBin(Result):
    """Nodules whose predicted probability of the second class is in one bin."""

    low: Share
    """Lower edge of the bin."""
    high: Share
    """Upper edge of the bin."""
    nodules: Count
    """Nodules in the bin."""
    predicted: Share
    """Mean predicted probability of the second class."""
    observed: Share
    """Share of the nodules in the bin that are of the second class."""


class PerfectCalibration(Result):
    """The expected calibration error that perfectly calibrated probabilities would show on these nodules."""

    mean: Share
    """Mean over draws of the labels."""
    low: Share
    """2.5th percentile over these draws."""
    high: Share
    """97.5th percentile over these draws."""
    debiased: Share
    """The error of the real labels minus this mean; 0 if it is smaller."""


class EvaluationResult(CaseMetrics, ResultFile):
    """Metrics of the network's predictions on one part of the data, and of the nodule's area alone as a baseline.

    Cases are nodules: the probability of a nodule is the mean of its slices', its area the largest of them.
    """

    FILE: ClassVar[str] = "evaluation.json"

    slices: Count
    """Slices of the part."""
    patients: Count
    """Patients of these slices."""
    resamples: Count
    """Bootstrap resamples of patients for every interval."""
    about_metrics: Mapping[MetricKey, MetricWords]
    """How tables show each metric."""
    confusion: Confusion
    """Labels against predictions."""
    roc: RocCurves
    """The ROC curves."""
    calibration: tuple[CalibrationBin, ...]
    """Bins of equal width; empty bins are omitted."""
    perfectly_calibrated: PerfectCalibration
    """What the calibration error is to be compared with."""
    by_slice: CaseMetrics
    """The same over slices."""
    largest_slice: CaseMetrics
    """The AUCs over nodules of which only the slice with the largest area is classified."""

    @property
    def unit(self) -> Literal["nodule", "slice"]:
        """What a case is called: slice if every nodule has one slice, so that metrics over nodules and slices are the same."""
        return "slice" if self.slices == self.cases else "nodule"
