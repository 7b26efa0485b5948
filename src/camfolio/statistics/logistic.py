"""Logistic regression with a small penalty, and its scores on cases that it was not fitted to."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64, Shaped
from scipy.special import expit

Design = Float64[np.ndarray, "cases features"]
STEPS, CONVERGED = 50, 1e-10


def held_out_scores(
    features: Design, label: Int64[np.ndarray, " cases"], group: Shaped[np.ndarray, " cases"], folds: int = 10
) -> Float64[np.ndarray, " cases"]:
    """The log-odds of label 1 of every case, from a logistic regression on the cases of the other folds.

    Groups are dealt to folds in the order of their names, so that no group is in two folds. Features are standardised by the
    cases that the regression is fitted to.

    Args:
        features: numbers of every case.
        label: 0 or 1; both in the cases of any `folds` - 1 folds.
        group: what stays in one fold, such as the patient.
        folds: how many, at most as many as there are groups.
    """
    _, group_index = np.unique(group, return_inverse=True)
    fold = group_index % folds
    scores = np.empty(len(label))
    for held_out in (fold == number for number in range(folds)):
        fitted = features[~held_out]
        centre, scale = fitted.mean(0), np.maximum(fitted.std(0), np.finfo(np.float64).tiny)
        weights = logistic_weights((fitted - centre) / scale, label[~held_out])
        scores[held_out] = weights[0] + (features[held_out] - centre) / scale @ weights[1:]
    return scores


def logistic_weights(features: Design, label: Int64[np.ndarray, " cases"]) -> Float64[np.ndarray, " weights"]:
    """Intercept and one weight per feature: the maximum of the log-likelihood minus half the sum of the squared weights.

    The intercept is not penalised. The penalty is that of scikit-learn's default (C = 1) and gives a maximum to separable
    classes, too. Found by Newton's method.
    """
    design = np.column_stack([np.ones(len(features)), features])
    penalty = np.diag([0.0] + [1.0] * features.shape[1])
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        probability = expit(design @ weights)
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, design.T @ (label - probability) - penalty @ weights)
        weights += step
        if np.abs(step).max() < CONVERGED:
            break
    return weights
