"""Metrics of the network's predictions: each is one function under `@metric`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float64, Int64
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_accuracy,
    binary_auroc,
    binary_average_precision,
    binary_calibration_error,
    binary_recall,
    binary_specificity,
)

from camfolio.network.calibration import recalibration
from camfolio.results.evaluation import MetricWords

Written = Literal["number", "percent"]
BENIGN, MALIGNANT = frozenset({0}), frozenset({1})
BOTH = BENIGN | MALIGNANT


@dataclass(frozen=True)
class Predictions:
    """Probabilities and labels of N nodules or slices.

    Attributes:
        probability: of the second class, malignant; it is the prediction where its probability is above 0.5.
        label: 0 or 1.
        bins: of the calibration error, of equal width.
    """

    probability: Float64[Tensor, " slices"]
    label: Int64[Tensor, " slices"]
    bins: int

    def __getitem__(self, rows: Int64[Tensor, " rows"]) -> Predictions:
        """Some of the predictions."""
        return Predictions(self.probability[rows], self.label[rows], self.bins)


MetricFunction = Callable[[Predictions], Tensor]


@dataclass(frozen=True)
class Metric:
    """One registered metric.

    Attributes:
        function: computes it from at least one case of each class it needs.
        title: its name in tables.
        written: whether pages write it as a number or in percent.
        needs: classes without which it is not defined.
        external: whether the table that compares the test part with an external test set has a row for it.
        resampled: whether its interval over resamples of patients is one; that of a distance, which resampling enlarges, is not.
    """

    function: MetricFunction
    title: str
    written: Written
    needs: frozenset[int]
    external: bool
    resampled: bool = True

    def __call__(self, predictions: Predictions) -> float:
        """The value; NaN without cases, or if a class it needs is missing.

        Rounded to six digits: torchmetrics computes in float32, and a difference of 6e-8 is none.
        """
        label = predictions.label
        if not len(label) or not self.needs <= set(label.tolist()):
            return float("nan")
        return round(float(self.function(predictions)), 6)

    @property
    def words(self) -> MetricWords:
        """What tables need to know of it."""
        return MetricWords(title=self.title, written=self.written, external=self.external)


METRICS: dict[str, Metric] = {}
"""Name -> metric, in the order of pages."""


def metric(
    title: str,
    *,
    needs: frozenset[int] = frozenset(),
    written: Written = "number",
    external: bool = True,
    resampled: bool = True,
) -> Callable[[MetricFunction], MetricFunction]:
    """Register a function under its own name: the tables of metrics show it (see `Metric`)."""

    def register(function: MetricFunction) -> MetricFunction:
        METRICS[function.__name__] = Metric(function, title, written, needs, external, resampled)
        return function

    return register


@metric("Accuracy")
def accuracy(predictions: Predictions) -> Tensor:
    """Share of correct predictions."""
    return binary_accuracy(predictions.probability, predictions.label, validate_args=False)


@metric("Balanced accuracy", needs=BOTH)
def balanced_accuracy(predictions: Predictions) -> Tensor:
    """Mean of sensitivity and specificity: 0.5 for a constant prediction."""
    return (sensitivity(predictions) + specificity(predictions)) / 2


@metric("Sensitivity", needs=MALIGNANT)
def sensitivity(predictions: Predictions) -> Tensor:
    """Share of malignant cases that are predicted as such."""
    return binary_recall(predictions.probability, predictions.label, validate_args=False)


@metric("Specificity", needs=BENIGN)
def specificity(predictions: Predictions) -> Tensor:
    """Share of benign cases that are predicted as such."""
    return binary_specificity(predictions.probability, predictions.label, validate_args=False)


@metric("AUC", needs=BOTH)
def auc(predictions: Predictions) -> Tensor:
    """Area under the ROC curve: 0.5 for predictions at random."""
    return binary_auroc(predictions.probability, predictions.label, validate_args=False)


@metric("Average precision", needs=MALIGNANT, external=False)  # it follows the share of malignant cases
def average_precision(predictions: Predictions) -> Tensor:
    """Area under the precision-recall curve, as a sum of steps: the share of malignant cases for predictions at random."""
    return binary_average_precision(predictions.probability, predictions.label, validate_args=False)


@metric("Expected calibration error", resampled=False)
def calibration_error(predictions: Predictions) -> Tensor:
    """Mean over cases of |share malignant - mean probability| in their bin; a probability of 1 is in the last one."""
    below_one = predictions.probability.clamp_max(1 - 1e-12)  # torchmetrics would give 1 a bin of its own
    return binary_calibration_error(
        below_one, predictions.label, n_bins=predictions.bins, norm="l1", validate_args=False
    )


@metric("Brier score")
def brier_score(predictions: Predictions) -> Tensor:
    """Mean squared difference of probability and label: 0.25 for a constant 0.5, lower is better (Brier 1950)."""
    return (predictions.probability - predictions.label).square().mean()


@metric("Calibration slope", needs=BOTH)
def calibration_slope(predictions: Predictions) -> Tensor:
    """Slope of the logistic recalibration: 1 for perfect calibration, below 1 for probabilities that are too extreme."""
    return torch.tensor(recalibration(predictions.probability.numpy(), predictions.label.numpy())[0])


@metric("Calibration intercept", needs=BOTH)
def calibration_intercept(predictions: Predictions) -> Tensor:
    """Intercept of the logistic recalibration: 0 for perfect calibration, below 0 for probabilities that are too high."""
    return torch.tensor(recalibration(predictions.probability.numpy(), predictions.label.numpy())[1])
