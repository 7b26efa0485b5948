"""Selection of examples by rule: most, median and least energy on the nodule for its size, and a misclassified slice.

Scores grow with the nodule's area, so the correctly classified slices with a defined score are divided into groups of
similar area and ranked within their group. The first of a group is good, its middle median, its last bad; of all groups'
slices with the same rank, the one whose area is nearest to the median area is shown. The misclassified example is the error
with the highest predicted probability, the same for all methods. Further ties are broken by the smaller slice id; the
examples of a method are of different patients.

Further examples are drawn at random with the seed, regardless of score and prediction, the same for all methods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.stats import rankdata

from camfolio.results.selection import Case, MethodCases, SizeGroup
from camfolio.shapes import Names, Scores
from camfolio.statistics.bootstrap import interval
from camfolio.statistics.defined import or_none
from camfolio.vocabulary import EXAMPLE_KINDS

SIZE_GROUPS = 5
"""Groups of similar area within which slices are ranked."""
SMALLEST_GROUP = 5
"""With fewer slices per group, there are fewer groups."""


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

    def case(self, position: int, rank: int, among: int, group: SizeGroup | None = None) -> Case:
        """The slice at a position as an example, with its rank by the rule, the number of slices that were ranked, and its
        place among slices of similar area.
        """
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
            size_group=group,
        )


@dataclass(frozen=True)
class RankedBySize:
    """Slices ranked by a score within groups of similar area; all arrays are of these slices.

    Attributes:
        positions: of the slices among the candidates.
        group: from 0, smallest areas first.
        groups: number of groups.
        from_highest: rank from the highest score of its group, from 1; equal scores share the smallest of their ranks.
        from_lowest: rank from the lowest score, likewise.
        from_middle: whole ranks from the middle of the group, 0 for one slice of an odd and two of an even number; equal
            scores share their mean rank.
        from_median_area: distance of the area share from the median of all of them.
    """

    positions: Int64[np.ndarray, " ranked"]
    group: Int64[np.ndarray, " ranked"]
    groups: int
    from_highest: Float64[np.ndarray, " ranked"]
    from_lowest: Float64[np.ndarray, " ranked"]
    from_middle: Float64[np.ndarray, " ranked"]
    from_median_area: Float64[np.ndarray, " ranked"]

    def place(self, index: int) -> SizeGroup:
        """The place of one of the slices among those of similar area."""
        members = int((self.group == self.group[index]).sum())
        return SizeGroup(
            group=int(self.group[index]) + 1, groups=self.groups, rank=int(self.from_highest[index]), slices=members
        )


def ranked_by_size(candidates: Candidates, score: Scores, eligible: Bool[np.ndarray, " slices"]) -> RankedBySize:
    """Rank the eligible slices by a score within groups of similar area; there must be at least one.

    Groups are of equal size, up to one slice: `SIZE_GROUPS` of them, or fewer if they had less than `SMALLEST_GROUP` slices.
    Slices of equal area are ordered by id.
    """
    positions = np.flatnonzero(eligible)
    area, values, count = candidates.area_share[positions], score[positions], len(positions)
    groups = max(1, min(SIZE_GROUPS, count // SMALLEST_GROUP))
    group = np.empty(count, dtype=np.int64)
    group[np.lexsort((candidates.id[positions], area))] = np.arange(count) * groups // count
    highest, lowest, middle = np.empty((3, count))
    for one in range(groups):
        own = group == one
        highest[own], lowest[own] = rankdata(-values[own], method="min"), rankdata(values[own], method="min")
        middle[own] = np.floor(np.abs(rankdata(values[own]) - (own.sum() + 1) / 2))
    return RankedBySize(positions, group, groups, highest, lowest, middle, np.abs(area - np.median(area)))


def choose(candidates: Candidates, score: Scores, *, random: int, seed: int, resamples: int) -> MethodCases:
    """The examples of one method: four by rule, and some drawn at random.

    Args:
        candidates: the test slices.
        score: higher is better; NaN where not defined.
        random: largest number of random examples.
        seed: of the draw and of the resamples.
        resamples: of patients, for the interval of the correlation with area.
    """
    cases = {"misclassified": misclassified(candidates)}
    eligible = candidates.correct & np.isfinite(score) & np.isfinite(candidates.area_share)
    groups = 0
    if eligible.any():
        ranked = ranked_by_size(candidates, score, eligible)
        groups = ranked.groups
        orders = {"good": ranked.from_highest, "bad": ranked.from_lowest, "median": ranked.from_middle}
        for kind, order in orders.items():
            shown = {str(candidates.patient[case.slice]) for case in cases.values() if case}
            cases[kind] = pick(candidates, ranked, order, shown)
    return MethodCases(
        cases={kind: cases.get(kind) for kind in EXAMPLE_KINDS},
        random=tuple(draw(candidates, random, seed)),
        undefined=int((candidates.correct & ~np.isfinite(score)).sum()),
        size_groups=groups,
        area_correlation=interval(
            lambda index: rank_correlation(score[index], candidates.area_share[index]),
            candidates.patient,
            resamples,
            seed,
        ),
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


def misclassified(candidates: Candidates) -> Case | None:
    """The error with the highest predicted probability, ties by id; None without an error."""
    wrong = np.flatnonzero(~candidates.correct).tolist()
    if not wrong:
        return None
    first = min(wrong, key=lambda position: (-candidates.probability[position], candidates.id[position]))
    return candidates.case(first, 1, len(wrong))


def pick(
    candidates: Candidates, ranked: RankedBySize, order: Float64[np.ndarray, " ranked"], shown: set[str]
) -> Case | None:
    """The first ranked slice in ascending `order` whose patient is not shown yet; None if there is none.

    Ties go to the area nearest to the median area, then to the smaller id. The rank is that among all ranked slices.
    """
    keys = zip(order, ranked.from_median_area, candidates.id[ranked.positions], strict=True)
    indices = [index for _, index in sorted(zip(keys, range(len(order)), strict=True))]
    for rank, index in enumerate(indices, start=1):
        position = int(ranked.positions[index])
        if str(candidates.patient[position]) not in shown:
            return candidates.case(position, rank, len(order), ranked.place(index))
    return None


def rank_correlation(first: Scores, second: Scores) -> float:
    """Spearman's rank correlation over the slices on which both are defined, -1 to 1; NaN if one of them does not vary.

    >>> rank_correlation(np.array([0.1, 0.3, np.nan, 0.2]), np.array([1.0, 9.0, 0.0, 4.0]))
    1.0
    """
    defined = np.isfinite(first) & np.isfinite(second)
    x, y = (rankdata(values[defined]) for values in (first, second))
    if not defined.any() or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1].round(12))
