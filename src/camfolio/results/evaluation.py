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
    """The nodule's area as a classifier, on the slices that have a mask."""

    auc: Interval
    """Its AUC."""
    direction: Literal["larger", "smaller"]
    """Whether larger or smaller nodules are more often of the second class in the training part."""
    slices: Count
    """Slices that have a mask."""


class AreaDifference(Result):
    """The network against the nodule's area, on the slices that have a mask."""

    auc: Interval
    """AUC of the network minus that of the area."""


class Confusion(Result):
    """Labels against predictions at probability 0.5; the second class is positive."""

    true_negatives: Count
    """Slices of the first class that are predicted as such."""
    false_positives: Count
    """Slices of the first class that are predicted as the second."""
    false_negatives: Count
    """Slices of the second class that are predicted as the first."""
    true_positives: Count
    """Slices of the second class that are predicted as such."""

    @property
    def negatives(self) -> Count:
        """Slices of the first class."""
        return self.true_negatives + self.false_positives

    @property
    def positives(self) -> Count:
        """Slices of the second class."""
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
    """The ROC curves; None if there is only one class."""

    network: RocCurve | None
    """Of the probability of the second class."""
    area: RocCurve | None
    """Of the nodule's area, on the slices that have a mask."""


class CalibrationBin(Result):
    """Slices whose predicted probability of the second class is in one bin."""

    low: Share
    """Lower edge of the bin."""
    high: Share
    """Upper edge of the bin."""
    slices: Count
    """Slices in the bin."""
    predicted: Share
    """Mean predicted probability of the second class."""
    observed: Share
    """Share of the slices in the bin that are of the second class."""


class EvaluationResult(ResultFile):
    """Metrics of the network's predictions on one part of the data, and of the nodule's area alone as a baseline."""

    FILE: ClassVar[str] = "evaluation.json"

    slices: Count
    """Slices of the part."""
    patients: Count
    """Patients of these slices."""
    positives: Count
    """Slices of the second class."""
    resamples: Count
    """Bootstrap resamples of patients for every interval."""
    metrics: Mapping[MetricKey, Interval]
    """Values with their intervals, by metric; `auc` is one of them."""
    about_metrics: Mapping[MetricKey, MetricWords]
    """How tables show each metric."""
    baseline: AreaBaseline
    """The nodule's area alone."""
    difference: AreaDifference
    """The network minus the nodule's area."""
    always_majority: Share
    """Accuracy of always predicting the majority class."""
    confusion: Confusion
    """Labels against predictions."""
    roc: RocCurves
    """The ROC curves."""
    calibration: tuple[CalibrationBin, ...]
    """Bins of equal width; empty bins are omitted."""

    @property
    def all_have_masks(self) -> bool:
        """Whether every slice has a mask."""
        return self.baseline.slices == self.slices
