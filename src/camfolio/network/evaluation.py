"""How good the network is: metrics with intervals over patients, curves, and the nodule's area alone as a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Float64
from scipy.special import expit
from torch import Tensor
from torchmetrics.functional.classification import binary_confusion_matrix, binary_roc

from camfolio.network.calibration import perfect_calibration
from camfolio.network.cases import Cases, by_nodule, in_order, largest_slices
from camfolio.network.metrics import METRICS, Metric, Predictions
from camfolio.results.evaluation import (
    AreaBaseline,
    AreaDifference,
    CalibrationBin,
    CaseMetrics,
    Confusion,
    EvaluationResult,
    RocCurve,
    RocCurves,
)
from camfolio.results.interval import Interval
from camfolio.shapes import Labels
from camfolio.statistics.bootstrap import patient_resamples, summarise, without_each

CHANCE = 0.5
Values = Float64[np.ndarray, " slices"]
"""One number of every nodule or slice: a probability, or an area in mm²."""


def evaluate(slices: Cases, *, larger: bool, resamples: int, bins: int, seed: int) -> EvaluationResult:
    """Metrics of the network's predictions on one part of the data, with intervals over patients.

    Labels belong to nodules, so metrics are over nodules first: a nodule's probability is the mean of its slices', its area
    the largest of them. Metrics over slices, and AUCs on the largest slice of each nodule, are given besides. Every interval
    is over the same resamples of patients.

    Args:
        slices: in any order.
        larger: whether a larger nodule speaks for the second class (see `larger_is_second`).
        resamples: of the bootstrap.
        bins: of the calibration error, of equal width.
        seed: of the bootstrap.
    """
    slices = in_order(slices)
    nodules = by_nodule(slices)
    measure = partial(measured, larger=larger, resamples=resamples, bins=bins, seed=seed)
    primary = measure(nodules, METRICS)
    known = np.isfinite(nodules.area_mm2)
    score, truth = torch.from_numpy(nodules.probability), torch.from_numpy(nodules.label)
    area = torch.from_numpy(area_score(nodules.area_mm2, larger))
    return EvaluationResult(
        **dict(primary),
        slices=len(slices),
        patients=len(np.unique(slices.patient)),
        resamples=resamples,
        about_metrics={name: metric.words for name, metric in METRICS.items()},
        confusion=confusion(score, truth),
        roc=RocCurves(network=roc(score, truth), area=roc(area[known], truth[known])),
        calibration=calibration(nodules.probability, nodules.label, bins),
        perfectly_calibrated=perfect_calibration(
            nodules.probability,
            nodules.patient,
            error=primary.metrics["calibration_error"].value or 0.0,
            bins=bins,
            resamples=resamples,
            seed=seed,
        ),
        by_slice=measure(slices, METRICS),
        largest_slice=measure(largest_slices(slices), {"auc": METRICS["auc"]}),
    )


def measured(
    cases: Cases, metrics: Mapping[str, Metric], *, larger: bool, resamples: int, bins: int, seed: int
) -> CaseMetrics:
    """Metrics of the network, the area's AUC and their difference, over cases of one kind; see `evaluate`."""
    truth, known = torch.from_numpy(cases.label), np.isfinite(cases.area_mm2)
    scores = (cases.probability, area_score(cases.area_mm2, larger))
    network, baseline = (Predictions(torch.from_numpy(np.ascontiguousarray(one)), truth, bins) for one in scores)

    def everything(index: np.ndarray) -> list[float]:
        rows, with_area = torch.from_numpy(index), torch.from_numpy(index[known[index]])
        values = [metric(network[rows]) for metric in metrics.values()]
        return values + [METRICS["auc"](predictions[with_area]) for predictions in (network, baseline)]

    observed = everything(np.arange(len(cases)))
    drawn = np.array([everything(index) for index in patient_resamples(cases.patient, resamples, seed)]).T
    left_out = np.array([everything(index) for index in without_each(cases.patient)]).reshape(-1, len(observed)).T
    intervals = [summarise(*estimate) for estimate in zip(observed, drawn, left_out, strict=True)]
    gain = summarise(observed[-2] - observed[-1], drawn[-2] - drawn[-1], left_out[-2] - left_out[-1])
    return CaseMetrics(
        cases=len(cases),
        positives=int(cases.label.sum()),
        metrics=by_name(metrics, intervals),
        baseline=AreaBaseline(auc=intervals[-1], direction="larger" if larger else "smaller", cases=int(known.sum())),
        difference=AreaDifference(auc=gain),
        always_majority=float(max(cases.label.mean(), 1 - cases.label.mean())),
    )


def confusion(score: Tensor, truth: Tensor) -> Confusion:
    """Counts of labels against predictions."""
    (true_negatives, false_positives), (false_negatives, true_positives) = binary_confusion_matrix(
        score, truth
    ).tolist()
    return Confusion(
        true_negatives=true_negatives,
        false_positives=false_positives,
        false_negatives=false_negatives,
        true_positives=true_positives,
    )


def by_name(metrics: Mapping[str, Metric], intervals: Sequence[Interval]) -> dict[str, Interval]:
    """Metric -> its interval, without ends where resampling gives none (see `Metric`)."""
    return {
        name: interval if metric.resampled else Interval(value=interval.value, low=None, high=None)
        for (name, metric), interval in zip(metrics.items(), intervals, strict=False)
    }


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
    """Bins of equal width that hold any nodule: how many, mean probability, share that is malignant."""
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    return tuple(
        CalibrationBin(
            low=one / bins,
            high=(one + 1) / bins,
            nodules=int((bin_of == one).sum()),
            predicted=float(probability[bin_of == one].mean()),
            observed=float(label[bin_of == one].mean()),
        )
        for one in np.unique(bin_of).tolist()
    )


def malignant_probability(logits: Float[np.ndarray, "slices 2"]) -> Values:
    """Softmax probability of the second class, float64."""
    probability: np.ndarray = expit(logits[:, 1].astype(np.float64) - logits[:, 0].astype(np.float64))
    return probability
