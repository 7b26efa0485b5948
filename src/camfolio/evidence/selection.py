"""Selection of examples: the good, the bad and the misclassified slice of each method, by rule.

Among the correctly classified slices with a defined score, good is the highest and bad the lowest score. The
misclassified example is the error made with the highest probability, whatever the method. Ties go to the smaller slice
id; within a method no patient is shown twice.

In addition examples are drawn at random with the seed, regardless of score and prediction, the same for all methods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from camfolio.results.selection import Case, MethodCases
from camfolio.shapes import Names
from camfolio.statistics.defined import or_none

Scores = Float64[np.ndarray, " slices"]


@dataclass(frozen=True)
class Candidates:
    """The test slices, N of them, from which the examples of one method are chosen.

    Attributes:
        id, patient: (N,) strings.
        label, predicted: (N,) classes.
        probability: (N,) of the predicted class, 0.5 to 1.
        energy_share, energy_ratio: (N,) scores of the method's maps; NaN where not defined.
        area_share: (N,) share of the slice that the nodule covers; NaN without a mask.
    """

    id: Names
    patient: Names
    label: Int64[np.ndarray, " slices"]
    predicted: Int64[np.ndarray, " slices"]
    probability: Scores
    energy_share: Scores
    energy_ratio: Scores
    area_share: Scores

    @property
    def correct(self) -> Bool[np.ndarray, " slices"]:
        """Where the predicted class is the label."""
        equal: np.ndarray = self.label == self.predicted
        return equal

    def case(self, position: int, rank: int, among: int) -> Case:
        """One of them as an example, with its rank by the rule and the number of slices that were ranked."""
        return Case(
            slice=position,
            id=str(self.id[position]),
            true=int(self.label[position]),
            predicted=int(self.predicted[position]),
            probability=float(self.probability[position]),
            rank=rank,
            among=among,
            energy_share=or_none(self.energy_share[position]),
            energy_ratio=or_none(self.energy_ratio[position]),
            area_share=or_none(self.area_share[position]),
        )


def choose(candidates: Candidates, score: Scores, *, random: int, seed: int) -> MethodCases:
    """The examples of one method: three by the rule above, and some drawn at random.

    Args:
        candidates: the test slices.
        score: (N,) the higher the better; NaN where not defined.
        random: how many are drawn at most.
        seed: of the draw.
    """
    eligible = candidates.correct & np.isfinite(score)
    wrong = pick(candidates, np.flatnonzero(~candidates.correct), -candidates.probability, set())
    shown = patients_of(candidates, wrong)
    good = pick(candidates, np.flatnonzero(eligible), -score, shown)
    shown |= patients_of(candidates, good)
    bad = pick(candidates, np.flatnonzero(eligible), score, shown)
    return MethodCases(
        cases={"misclassified": wrong, "good": good, "bad": bad},
        random=tuple(draw(candidates, random, seed)),
        undefined=int((candidates.correct & ~np.isfinite(score)).sum()),
    )


def draw(candidates: Candidates, count: int, seed: int) -> list[Case]:
    """Examples at random: all slices are equally likely to come first, and no patient comes twice.

    Args:
        candidates: the test slices.
        count: how many at most; there are not more than patients.
        seed: of the order, which is independent of scores.
    """
    order = np.argsort(candidates.id)[np.random.default_rng(seed).permutation(len(candidates.id))]
    cases: dict[str, Case] = {}
    for rank, one in enumerate(order.tolist(), start=1):
        patient = str(candidates.patient[one])
        if len(cases) < count and patient not in cases:
            cases[patient] = candidates.case(one, rank, len(order))
    return list(cases.values())


def pick(candidates: Candidates, eligible: np.ndarray, order: np.ndarray, shown: set[str]) -> Case | None:
    """The first eligible slice in ascending `order` (ties: by id) whose patient is not shown yet; its rank counts all."""
    ranked = sorted(eligible.tolist(), key=lambda one: (order[one], candidates.id[one]))
    for rank, one in enumerate(ranked, start=1):
        if str(candidates.patient[one]) not in shown:
            return candidates.case(one, rank, len(ranked))
    return None


def patients_of(candidates: Candidates, case: Case | None) -> set[str]:
    """The patient of a case, as a set."""
    return {str(candidates.patient[case.slice])} if case else set()
