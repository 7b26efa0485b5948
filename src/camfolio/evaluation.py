"""How good the network is: metrics with intervals over patients, curves, and the nodule's area alone beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64
from scipy.special import expit
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_accuracy,
    binary_auroc,
    binary_average_precision,
    binary_calibration_error,
    binary_confusion_matrix,
    binary_recall,
    binary_roc,
    binary_specificity,
)

from camfolio.evidence.bootstrap import patient_resamples, summarise
from camfolio.shapes import Labels, Names

Metric = Callable[[Tensor, Tensor], Tensor]
Scores = Float64[np.ndarray, " slices"]


def balanced_accuracy(probability: Tensor, label: Tensor) -> Tensor:
    """Mean of sensitivity and specificity: 0.5 for whoever always answers the same."""
    recall = binary_recall(probability, label, validate_args=False)
    return (recall + binary_specificity(probability, label, validate_args=False)) / 2


def calibration_error(probability: Tensor, label: Tensor, bins: int) -> Tensor:
    """Mean over slices of |share malignant - mean probability| in their bin; a probability of 1 is in the last one."""
    # torchmetrics would give it a bin of its own.
    below_one = probability.clamp_max(1 - 1e-12)
    return binary_calibration_error(below_one, label, n_bins=bins, norm="l1", validate_args=False)


def metrics(bins: int) -> dict[str, tuple[Metric, frozenset[int]]]:
    """Name -> function of malignant probability and label, and the classes without which it is not defined.

    An answer is malignant where its probability is above 0.5.
    """
    both, malignant, benign = frozenset({0, 1}), frozenset({1}), frozenset({0})
    distance = partial(calibration_error, bins=bins)
    functions: dict[str, tuple[Callable[..., Tensor], frozenset[int]]] = {
        "accuracy": (binary_accuracy, frozenset()),
        "balanced_accuracy": (balanced_accuracy, both),
        "sensitivity": (binary_recall, malignant),
        "specificity": (binary_specificity, benign),
        "auc": (binary_auroc, both),
        "average_precision": (binary_average_precision, malignant),
        "calibration_error": (distance, frozenset()),
    }
    checked = {"balanced_accuracy", "calibration_error"}
    return {
        name: (function if name in checked else partial(function, validate_args=False), needs)
        for name, (function, needs) in functions.items()
    }


def evaluate(
    probability: Scores, label: Labels, patient: Names, area_mm2: Scores, *, resamples: int, bins: int, seed: int
) -> dict[str, Any]:
    """Everything the pages say about the network's answers on one part of the data.

    Args:
        probability: (N,) of the second class, malignant.
        label: (N,) 0 or 1.
        patient: (N,) ids; intervals are over them.
        area_mm2: (N,) the nodule's area on the slice: the baseline.
        resamples: of the bootstrap.
        bins: of the calibration error, of equal width.
        seed: of the bootstrap.

    Returns:
        Plain JSON values: `metrics` name -> value, low, high (None where not defined), `baseline` the same for the area,
        `difference` network minus area, `confusion` [[true negatives, false positives], [false negatives, true
        positives]], `roc` and `calibration` as drawn.
    """
    score, truth, area = (torch.from_numpy(np.ascontiguousarray(array)) for array in (probability, label, area_mm2))
    functions = {name: (metric, needs, score) for name, (metric, needs) in metrics(bins).items()}
    auc, needs = metrics(bins)["auc"]
    functions["area_auc"] = (auc, needs, area / max(float(area.max()), 1.0))

    def everything(index: np.ndarray) -> list[float]:
        rows = torch.from_numpy(index)
        present = set(truth[rows].tolist())
        return [
            float(metric(values[rows], truth[rows])) if needs <= present else np.nan
            for metric, needs, values in functions.values()
        ]

    observed = dict(zip(functions, everything(np.arange(len(label))), strict=True))
    table = np.array([everything(index) for index in patient_resamples(patient, resamples, seed)])
    drawn = dict(zip(functions, table.T, strict=True))
    intervals = {name: asdict(summarise(observed[name], drawn[name])) for name in functions}
    difference = summarise(observed["auc"] - observed["area_auc"], drawn["auc"] - drawn["area_auc"])
    return {
        "slices": len(label),
        "patients": len(np.unique(patient)),
        "positives": int(label.sum()),
        "resamples": resamples,
        "metrics": {name: intervals[name] for name in functions if name != "area_auc"},
        "baseline": {"auc": intervals["area_auc"]},
        "difference": {"auc": asdict(difference)},
        "always_majority": float(max(label.mean(), 1 - label.mean())),
        "confusion": binary_confusion_matrix(score, truth).tolist(),
        "roc": {"network": roc(score, truth), "area": roc(functions["area_auc"][2], truth)},
        "calibration": calibration(probability, label, bins),
    }


def roc(score: Tensor, truth: Tensor) -> Mapping[str, list[float]] | None:
    """The curve's points, or None if one class is missing."""
    if len(set(truth.tolist())) < 2:  # noqa: PLR2004 - both classes
        return None
    false_positive, true_positive, _ = binary_roc(score, truth)
    return {"false_positive": false_positive.tolist(), "true_positive": true_positive.tolist()}


def calibration(probability: Scores, label: Labels, bins: int) -> list[dict[str, float | int]]:
    """Bins of equal width that hold any slice: how many, mean probability, share that is malignant."""
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    found: list[dict[str, float | int]] = []
    for one in range(bins):
        inside = bin_of == one
        if inside.any():
            share = {"predicted": float(probability[inside].mean()), "observed": float(label[inside].mean())}
            found.append({"low": one / bins, "high": (one + 1) / bins, "slices": int(inside.sum()), **share})
    return found


def malignant_probability(logits: Float[np.ndarray, "slices 2"]) -> Scores:
    """Softmax probability of the second class, float64."""
    probability: np.ndarray = expit(logits[:, 1].astype(np.float64) - logits[:, 0].astype(np.float64))
    return probability
