"""Selection of examples: the good, the bad and the misclassified slice of each method, by rule.

Among the correctly classified slices with a defined score, good has the highest and bad the lowest score. The
misclassified example is the error with the highest predicted probability, the same for all methods. Ties are broken by
the smaller slice id; the three examples of a method are of different patients.

Further examples are drawn at random with the seed, regardless of score and prediction, the same for all methods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from camfolio.results.selection import Case, MethodCases
from camfolio.shapes import Names, Scores
from camfolio.statistics.defined import or_none


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
        """The slice at a position as an example, with its rank by the rule and the number of slices that were ranked."""
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
    """The examples of one method: three by rule, and some drawn at random.

    Args:
        candidates: the test slices.
        score: higher is better; NaN where not defined.
        random: largest number of random examples.
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
    """Random examples: every slice is equally likely to come first, and each is of another patient.

    Args:
        candidates: the test slices.
        count: largest number of examples.
        seed: of the order, which does not depend on scores.
    """
    order = np.argsort(candidates.id)[np.random.default_rng(seed).permutation(len(candidates.id))]
    cases: dict[str, Case] = {}
    for rank, position in enumerate(order.tolist(), start=1):
        patient = str(candidates.patient[position])
        if len(cases) < count and patient not in cases:
            cases[patient] = candidates.case(position, rank, len(order))
    return list(cases.values())


def pick(candidates: Candidates, eligible: np.ndarray, order: np.ndarray, shown: set[str]) -> Case | None:
    """The first eligible slice in ascending `order`, ties by id, whose patient is not shown yet; None if there is none.

    Its rank is that among all eligible slices.
    """
    ranked = sorted(eligible.tolist(), key=lambda position: (order[position], candidates.id[position]))
    for rank, position in enumerate(ranked, start=1):
        if str(candidates.patient[position]) not in shown:
            return candidates.case(position, rank, len(ranked))
    return None


def patients_of(candidates: Candidates, case: Case | None) -> set[str]:
    """The patient of a case, as a set."""
    return {str(candidates.patient[case.slice])} if case else set()
