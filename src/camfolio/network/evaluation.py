"""How good the network is: metrics with intervals over patients, curves, and the nodule's area alone as a baseline."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Float64
from scipy.special import expit
from torch import Tensor
from torchmetrics.functional.classification import binary_confusion_matrix, binary_roc

from camfolio.network.metrics import METRICS, Predictions
from camfolio.results.evaluation import (
    AreaBaseline,
    AreaDifference,
    CalibrationBin,
    Confusion,
    EvaluationResult,
    RocCurve,
    RocCurves,
)
from camfolio.shapes import Labels, Names
from camfolio.statistics.bootstrap import patient_resamples, summarise

CHANCE = 0.5
Values = Float64[np.ndarray, " slices"]
"""One number of every slice: a probability, or an area in mm²."""


def evaluate(
    probability: Values,
    label: Labels,
    patient: Names,
    area_mm2: Values,
    *,
    larger: bool,
    resamples: int,
    bins: int,
    seed: int,
) -> EvaluationResult:
    """Metrics of the network's predictions on one part of the data, with intervals over patients.

    Args:
        probability: (N,) of the second class, malignant.
        label: (N,) 0 or 1.
        patient: (N,) ids; intervals are over them.
        area_mm2: (N,) the nodule's area on the slice: the baseline; NaN where no mask tells it.
        larger: whether a larger nodule speaks for the second class (see `larger_is_second`).
        resamples: of the bootstrap.
        bins: of the calibration error, of equal width.
        seed: of the bootstrap.
    """
    truth = torch.from_numpy(label)
    known = np.isfinite(area_mm2)
    score, area = (torch.from_numpy(np.ascontiguousarray(part)) for part in (probability, area_score(area_mm2, larger)))
    network, baseline = (Predictions(values, truth, bins) for values in (score, area))

    def everything(index: np.ndarray) -> list[float]:
        rows, measured = torch.from_numpy(index), torch.from_numpy(index[known[index]])
        values = [metric(network[rows]) for metric in METRICS.values()]
        return values + [METRICS["auc"](predictions[measured]) for predictions in (network, baseline)]

    observed = everything(np.arange(len(label)))
    drawn = np.array([everything(index) for index in patient_resamples(patient, resamples, seed)]).T
    intervals = [summarise(value, values) for value, values in zip(observed, drawn, strict=True)]
    (true_negatives, false_positives), (false_negatives, true_positives) = binary_confusion_matrix(
        score, truth
    ).tolist()
    return EvaluationResult(
        slices=len(label),
        patients=len(np.unique(patient)),
        positives=int(label.sum()),
        resamples=resamples,
        metrics=dict(zip(METRICS, intervals, strict=False)),
        about_metrics={name: metric.words for name, metric in METRICS.items()},
        baseline=AreaBaseline(auc=intervals[-1], direction="larger" if larger else "smaller", slices=int(known.sum())),
        difference=AreaDifference(auc=summarise(observed[-2] - observed[-1], drawn[-2] - drawn[-1])),
        always_majority=float(max(label.mean(), 1 - label.mean())),
        confusion=Confusion(
            true_negatives=true_negatives,
            false_positives=false_positives,
            false_negatives=false_negatives,
            true_positives=true_positives,
        ),
        roc=RocCurves(network=roc(score, truth), area=roc(area[known], truth[known])),
        calibration=calibration(probability, label, bins),
    )


def larger_is_second(area_mm2: Values, label: Labels) -> bool:
    """Whether larger nodules are more often of the second class, by the training part; yes if it cannot tell."""
    known = np.isfinite(area_mm2)
    curve = roc(torch.from_numpy(area_score(area_mm2[known], larger=True)), torch.from_numpy(label[known]))
    return curve is None or float(np.trapezoid(curve.true_positive, curve.false_positive)) >= CHANCE


def area_score(area_mm2: Values, larger: bool) -> Values:
    """The area from 0 to 1, the larger the more it speaks for the second class; 0 where it is not known."""
    share = np.nan_to_num(area_mm2 / max(float(np.nanmax(area_mm2, initial=0.0)), 1.0))
    return share if larger else 1 - share


def roc(score: Tensor, truth: Tensor) -> RocCurve | None:
    """The curve's points, or None if one class is missing."""
    if len(set(truth.tolist())) < 2:  # noqa: PLR2004 - both classes
        return None
    false_positive, true_positive, _ = binary_roc(score, truth)
    return RocCurve(false_positive=tuple(false_positive.tolist()), true_positive=tuple(true_positive.tolist()))


def calibration(probability: Values, label: Labels, bins: int) -> tuple[CalibrationBin, ...]:
    """Bins of equal width that hold any slice: how many, mean probability, share that is malignant."""
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    return tuple(
        CalibrationBin(
            low=one / bins,
            high=(one + 1) / bins,
            slices=int((bin_of == one).sum()),
            predicted=float(probability[bin_of == one].mean()),
            observed=float(label[bin_of == one].mean()),
        )
        for one in np.unique(bin_of).tolist()
    )


def malignant_probability(logits: Float[np.ndarray, "slices 2"]) -> Values:
    """Softmax probability of the second class, float64."""
    probability: np.ndarray = expit(logits[:, 1].astype(np.float64) - logits[:, 0].astype(np.float64))
    return probability
