"""Faithfulness scores: how the network's probability changes when pixels that a map marks are replaced.

Each group of scores is one function under `@faithfulness_scores`, which names them. Curves of maps without any order, those
of one value everywhere, are not defined (NaN); neither are scores whose baseline is unknown. What a uniform map reaches on
average is that of pixels in random order, `RANDOM_ORDER`.

Average drop (Chattopadhay et al. 2018) is not among them: masking with a map of ones changes nothing, so that the map that
says least has the best value there is (Poppi et al. 2021, arXiv 2104.10252).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from camfolio.evidence.perturbation import (
    Baseline,
    Perturbation,
    Queries,
    has_order,
    imputed,
    ranks,
    removal,
)
from camfolio.results.subject import Subject
from camfolio.shapes import Curves, Maps, Scores
from camfolio.statistics.defined import ratio
from camfolio.statistics.measures import Margin, Measure

RANDOM_ORDER = Subject("random", is_control=True)
"""The control whose pixels are in random order, seeded by the slice: the expected scores of a uniform map."""
SMALLEST_FALL = 0.2
"""A curve is scaled to its end points only if replacing all pixels lowers the probability by at least this. Below, the noise
of the curve is divided by nearly nothing; if the probability rises, marking what speaks against the class would score best."""


@dataclass(frozen=True)
class MapScores:
    """Scores (N,) and curves (N, steps) of one subject's maps, by name; NaN where not defined."""

    scores: Mapping[str, Scores]
    curves: Mapping[str, Curves] = field(default_factory=dict)

    def __or__(self, more: MapScores) -> MapScores:
        """The scores and curves of both."""
        return MapScores({**self.scores, **more.scores}, {**self.curves, **more.curves})


PROBABILITY = Margin(
    0.05, "a mean probability that differs by less than the calibration error of a network on a few hundred slices"
)
SHARE_OF_FALL = Margin(0.05, "one twentieth of the fall between the end points")

GroupFunction = Callable[[Queries, Maps, Perturbation], MapScores]


@dataclass(frozen=True)
class ScoreGroup:
    """Scores that one function computes together.

    Attributes:
        measures: score -> its title, unit and direction.
        function: computes them, and the curves that they summarise.
        every_layer: whether they are computed for maps at other layers than the one in focus, too.
    """

    measures: Mapping[str, Measure]
    function: GroupFunction
    every_layer: bool


GROUPS: dict[str, ScoreGroup] = {}
"""Name of the function -> its scores, in the order of pages."""
FAITHFULNESS: dict[str, Measure] = {}
"""Name -> measure of every score of every group, in the order of pages."""


def faithfulness_scores(
    measures: Mapping[str, Measure], *, every_layer: bool = True
) -> Callable[[GroupFunction], GroupFunction]:
    """Register a function that computes these scores; tables, figures and the explorer show them by their measures."""

    def register(function: GroupFunction) -> GroupFunction:
        GROUPS[function.__name__] = ScoreGroup(measures, function, every_layer)
        FAITHFULNESS.update(measures)
        return function

    return register


def subject_scores(queries: Queries, maps: Maps, perturbation: Perturbation, *, in_focus: bool = True) -> MapScores:
    """All scores of one subject's maps.

    Args:
        queries: the slices.
        maps: >= 0, one for each of these slices.
        perturbation: with baselines of these slices.
        in_focus: whether the maps are those of the layer in focus, or of a control.
    """
    values = MapScores({})
    for group in GROUPS.values():
        if in_focus or group.every_layer:
            values |= group.function(queries, maps, perturbation)
    return values


@faithfulness_scores(
    {
        "deletion_parenchyma": Measure(
            "area under deletion, parenchyma", "share", "lower", panel=True, by_layer=True, margin=PROBABILITY
        ),
        "insertion_parenchyma": Measure(
            "area under insertion, parenchyma", "share", panel=True, by_layer=True, margin=PROBABILITY
        ),
        "deletion_blur": Measure("area under deletion, blurred slice", "share", "lower", margin=PROBABILITY),
        "insertion_blur": Measure("area under insertion, blurred slice", "share", margin=PROBABILITY),
        "scaled_deletion_parenchyma": Measure(
            "area under deletion between end points, parenchyma", "share", "lower", panel=True, margin=SHARE_OF_FALL
        ),
        "scaled_insertion_parenchyma": Measure(
            "area under insertion between end points, parenchyma", "share", margin=SHARE_OF_FALL
        ),
        "scaled_deletion_blur": Measure(
            "area under deletion between end points, blurred slice", "share", "lower", margin=SHARE_OF_FALL
        ),
        "scaled_insertion_blur": Measure(
            "area under insertion between end points, blurred slice", "share", margin=SHARE_OF_FALL
        ),
    }
)
def deletion_and_insertion(queries: Queries, maps: Maps, perturbation: Perturbation) -> MapScores:
    """The areas under the two `curves`, and the areas `between_ends`; pages print these definitions.

    Definitions:
        deletion_BASELINE: Mean probability of the explained class while pixels are replaced, from the map's highest value to its
            lowest: the area under the curve of deletion (Petsiuk et al. 2018, arXiv 1806.07421), 0 to 1.
        insertion_BASELINE: Mean probability of the explained class while pixels are restored on a slice of which all are replaced,
            from the map's highest value to its lowest: the area under the curve of insertion (Petsiuk et al. 2018), 0 to 1.
        scaled_deletion_BASELINE: The area under deletion with the probability scaled to 1 for the unchanged slice and to 0 with all
            pixels replaced; only of slices whose probability falls enough when all are.
        scaled_insertion_BASELINE: The area under insertion with the probability scaled to 1 for the unchanged slice and to 0 with all
            pixels replaced; only of slices whose probability falls enough when all are.
    """
    shares = (0.0, *perturbation.steps, 1.0)
    by_name = {
        f"{kind}_{name}": curve
        for name, baseline in perturbation.baselines.items()
        for kind, curve in zip(
            ("deletion", "insertion"), curves(queries, maps, baseline, perturbation.steps), strict=True
        )
    }
    areas = {name: area_under(curve, shares) for name, curve in by_name.items()}
    scaled = {
        f"scaled_{name}": between_ends(area, perturbation.baselines[name.partition("_")[2]])
        for name, area in areas.items()
    }
    return MapScores(areas | scaled, by_name)


@faithfulness_scores(
    {
        "road_morf": Measure("ROAD, most relevant pixels imputed", "share", "lower", margin=PROBABILITY),
        "road_lerf": Measure("ROAD, least relevant pixels imputed", "share", margin=PROBABILITY),
        "road_gap": Measure("ROAD, least minus most relevant", "share", panel=True, margin=PROBABILITY),
    },
    every_layer=False,
)
def road_scores(queries: Queries, maps: Maps, perturbation: Perturbation) -> MapScores:
    """The areas under the two curves of `road`, and their difference; pages print these definitions.

    Definitions:
        road_morf: Mean probability of the explained class while shares of the pixels are imputed from their neighbours, those of the
            map's highest values first (ROAD, Rong et al. 2022, arXiv 2202.00449), 0 to 1.
        road_lerf: Mean probability of the explained class while shares of the pixels are imputed from their neighbours, those of the
            map's lowest values first (ROAD, Rong et al. 2022, arXiv 2202.00449), 0 to 1.
        road_gap: The probability with the least relevant pixels imputed first minus that with the most relevant first, as means over
            the same shares, -1 to 1: 0 if the order of the pixels plays no part.
    """
    morf, lerf = road(queries, maps, perturbation.road_steps, perturbation.road_noise_hu)
    by_name = {"road_morf": morf, "road_lerf": lerf}
    areas = {name: area_under(curve, perturbation.road_steps) for name, curve in by_name.items()}
    return MapScores(areas | {"road_gap": areas["road_lerf"] - areas["road_morf"]}, by_name)


def curves(queries: Queries, maps: Maps, baseline: Baseline, steps: Sequence[float]) -> tuple[Curves, Curves]:
    """Deletion and insertion (Petsiuk et al. 2018, arXiv 1806.07421): the target's probability as pixels are replaced by
    the baseline, from the map's highest value to its lowest, and as they are restored in the same order.

    Args:
        queries: the slices.
        maps: one for each of these slices.
        baseline: of these slices.
        steps: shares of the pixels between 0 and 1, increasing.

    Returns:
        Deletion and insertion at the shares 0, steps, 1; NaN where not defined.
    """
    values = np.full((2, len(queries), len(steps) + 2), np.nan)
    for block in queries.in_blocks(2 * len(steps)):
        rows = block[has_order(maps[block]) & baseline.known[block]]
        if len(rows):
            part = queries[rows]
            removed = removal(ranks(maps[rows], part.id, queries.seed), steps)
            image, replacement = part.hounsfield[:, None], baseline.hounsfield[rows][:, None]
            deleted, inserted = np.where(removed, replacement, image), np.where(removed, image, replacement)
            variants = np.concatenate([deleted, inserted], axis=1)
            values[:, rows, 1:-1] = part.probability(variants).reshape(len(rows), 2, -1).transpose(1, 0, 2)
            values[0, rows, 0] = values[1, rows, -1] = baseline.before[rows]
            values[0, rows, -1] = values[1, rows, 0] = baseline.after[rows]
    return values[0], values[1]


def area_under(curve: Curves, shares: Sequence[float]) -> Scores:
    """The area under each curve by the trapezoidal rule, divided by the range of shares: the mean probability, 0 to 1."""
    area: np.ndarray = np.trapezoid(curve, np.asarray(shares), axis=1) / (shares[-1] - shares[0])
    return area


def between_ends(area: Scores, baseline: Baseline) -> Scores:
    """The area under each curve where the curve is scaled to 1 for the unchanged slice and 0 with all pixels replaced.

    With b the probability before and a that after replacement: (area - a) / (b - a). A probability that overshoots its end
    points contributes less than 0 or more than 1. NaN where b - a < SMALLEST_FALL.
    """
    fall = baseline.before - baseline.after
    return ratio(area - baseline.after, np.where(fall >= SMALLEST_FALL, fall, 0.0))


def road(queries: Queries, maps: Maps, shares: Sequence[float], noise_hu: float) -> tuple[Curves, Curves]:
    """ROAD (Rong et al. 2022, arXiv 2202.00449): the target's probability as shares of the pixels are imputed from their
    neighbours, the most relevant first and the least relevant first.

    The noise on imputed pixels is seeded by the slice's id and is the same in both orders and at all shares. The paper
    reports accuracy; the probability is continuous and needs no label.

    Args:
        queries: the slices.
        maps: one for each of these slices.
        shares: of the pixels that are imputed, increasing.
        noise_hu: standard deviation of the noise, HU.

    Returns:
        Most relevant first and least relevant first; NaN for uniform maps.
    """
    values = np.full((2, len(queries), len(shares)), np.nan)
    for block in queries.in_blocks(2 * len(shares)):
        rows = block[has_order(maps[block])]
        if len(rows):
            part = queries[rows]
            descending = ranks(maps[rows], part.id, queries.seed)
            orders = (descending, descending[0].size - 1 - descending)
            removed = np.concatenate([removal(order, shares) for order in orders], axis=1)
            values[:, rows] = (
                part.probability(imputed(part, removed, noise_hu)).reshape(len(rows), 2, -1).transpose(1, 0, 2)
            )
    return values[0], values[1]
