"""Selection of examples: the good, the bad and the misclassified slice of each method, by rule.

Among the correctly classified slices with a defined score, good is the highest and bad the lowest score. The
misclassified example is the error made with the highest probability, whatever the method. Ties go to the smaller slice
id; within a method no patient is shown twice.

In addition examples are drawn at random with the seed, regardless of score and prediction, the same for all methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from camfolio.shapes import Names


@dataclass(frozen=True)
class Answers:
    """The network's predictions for N slices.

    Attributes:
        id, patient: (N,) strings.
        label, predicted: (N,) classes.
        probability: (N,) of the predicted class, 0.5 to 1.
    """

    id: Names
    patient: Names
    label: Int64[np.ndarray, " slices"]
    predicted: Int64[np.ndarray, " slices"]
    probability: Float64[np.ndarray, " slices"]

    @property
    def correct(self) -> Bool[np.ndarray, " slices"]:
        """Where the predicted class is the label."""
        equal: np.ndarray = self.label == self.predicted
        return equal


@dataclass(frozen=True)
class Case:
    """One chosen example: which slice (position among the answers), its rank by the rule, and among how many."""

    slice: int
    rank: int
    among: int


@dataclass(frozen=True)
class Cases:
    """The examples of one method; a kind without a slice is None. `undefined` slices had no score."""

    cases: Mapping[str, Case | None]
    undefined: int


def choose(answers: Answers, score: Float64[np.ndarray, " slices"]) -> Cases:
    """The three examples of one method, by the rule above.

    Args:
        answers: of the test slices.
        score: (N,) the higher the better; NaN where not defined.
    """
    eligible = answers.correct & np.isfinite(score)
    wrong = pick(answers, np.flatnonzero(~answers.correct), -answers.probability, set())
    shown = patients_of(answers, wrong)
    good = pick(answers, np.flatnonzero(eligible), -score, shown)
    shown |= patients_of(answers, good)
    bad = pick(answers, np.flatnonzero(eligible), score, shown)
    undefined = int((answers.correct & ~np.isfinite(score)).sum())
    return Cases({"misclassified": wrong, "good": good, "bad": bad}, undefined)


def draw(answers: Answers, count: int, seed: int) -> list[Case]:
    """Examples at random: all slices are equally likely to come first, and no patient comes twice.

    Args:
        answers: of the test slices.
        count: how many at most; there are not more than patients.
        seed: of the order, which is independent of scores.
    """
    order = np.argsort(answers.id)[np.random.default_rng(seed).permutation(len(answers.id))]
    cases: dict[str, Case] = {}
    for rank, one in enumerate(order.tolist(), start=1):
        if len(cases) < count:
            cases.setdefault(str(answers.patient[one]), Case(one, rank, len(order)))
    return list(cases.values())


def pick(answers: Answers, candidates: np.ndarray, order: np.ndarray, shown: set[str]) -> Case | None:
    """The first candidate in ascending `order` (ties: by id) whose patient is not shown yet; its rank counts all."""
    ranked = sorted(candidates.tolist(), key=lambda one: (order[one], answers.id[one]))
    for rank, one in enumerate(ranked, start=1):
        if str(answers.patient[one]) not in shown:
            return Case(one, rank, len(ranked))
    return None


def patients_of(answers: Answers, case: Case | None) -> set[str]:
    """The patient of a case, as a set."""
    return {str(answers.patient[case.slice])} if case else set()
