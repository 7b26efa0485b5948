"""Are the pixels that a map marks those that matter to the network? It is asked again with some of them replaced.

`Answers` is the network: from slices in HU to the probability of each class, above 0. Every function asks in blocks of one size,
so memory does not grow with the number of slices. A map of one value everywhere puts no pixel before another: its
scores are NaN, not defined; so are those of a baseline that is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64
from scipy import ndimage

from camfolio.evidence.imputation import impute
from camfolio.shapes import Hounsfield, Masks, Names, Spacing
from camfolio.statistics.chance import slice_generator
from camfolio.statistics.measures import Measure

Maps = Float[np.ndarray, "slices height width"]
Scores = Float64[np.ndarray, " slices"]
Curves = Float64[np.ndarray, "slices steps"]
Answers = Callable[[Hounsfield], Float64[np.ndarray, "slices classes"]]
BLOCK = 256
"""Slices per question."""
FAITHFULNESS: dict[str, Measure] = {
    "deletion_parenchyma": Measure("area under deletion, parenchyma", "share", "lower"),
    "insertion_parenchyma": Measure("area under insertion, parenchyma", "share"),
    "deletion_blur": Measure("area under deletion, blurred slice", "share", "lower"),
    "insertion_blur": Measure("area under insertion, blurred slice", "share"),
    "average_drop": Measure("drop of the probability under the map", "share", "lower"),
    "average_increase": Measure("slices whose probability rises under the map", "share"),
    "road_morf": Measure("ROAD, most relevant pixels imputed", "share", "lower"),
    "road_lerf": Measure("ROAD, least relevant pixels imputed", "share"),
    "road_gap": Measure("ROAD, least minus most relevant", "share"),
}
"""Name -> measure, in the order of pages."""


@dataclass(frozen=True)
class Questioned:
    """Slices about which a network is asked.

    Attributes:
        hounsfield: HU.
        id: of the slices; chance belongs to them.
        target: the class whose probability is followed.
        answers: the network.
        seed: of all chance.
    """

    hounsfield: Hounsfield
    id: Names
    target: Int64[np.ndarray, " slices"]
    answers: Answers
    seed: int

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, index: np.ndarray) -> Questioned:
        """The same questions about some of the slices."""
        return Questioned(self.hounsfield[index], self.id[index], self.target[index], self.answers, self.seed)

    def ask(self, variants: Float[np.ndarray, "slices steps height width"]) -> Curves:
        """The target's probability for several variants of every slice."""
        steps = variants.shape[1]
        flat = np.ascontiguousarray(variants.reshape(-1, *variants.shape[2:]), dtype=np.float32)
        targets = np.repeat(self.target, steps)
        probability: np.ndarray = self.answers(flat)[np.arange(len(flat)), targets]
        return probability.reshape(-1, steps)

    def in_blocks(self, steps: int) -> list[np.ndarray]:
        """Indices of slices, so that every question has about BLOCK of them if each comes in so many variants."""
        size = max(1, BLOCK // max(1, steps))
        return [np.arange(start, min(start + size, len(self))) for start in range(0, len(self), size)]


def ranks(maps: Maps, names: Names, seed: int) -> Int64[np.ndarray, "slices height width"]:
    """Every pixel's place in the order from the highest to the lowest value, from 0; equal pixels in an order by chance
    that belongs to the slice (so a sparse map's zeros are in no order of rows).
    """
    flat = maps.reshape(len(maps), -1)
    chance = [slice_generator(seed, str(name), "ties").random(flat.shape[1]) for name in names]
    order = [np.lexsort((noise, -values)) for noise, values in zip(chance, flat, strict=True)]
    places = np.empty(flat.shape, dtype=np.int64)
    np.put_along_axis(places, np.reshape(order, flat.shape), np.arange(flat.shape[1])[None], axis=1)
    return places.reshape(maps.shape)


def removal(
    places: Int64[np.ndarray, "slices height width"], shares: Sequence[float]
) -> Bool[np.ndarray, "slices steps height width"]:
    """True on as many of the first pixels as each share says, rounded."""
    counts = np.rint(np.asarray(shares) * places[0].size)
    removed: np.ndarray = places[:, None] < counts[None, :, None, None]
    return removed


def has_order(maps: Maps) -> Bool[np.ndarray, " slices"]:
    """Where a map puts any pixel before another."""
    ordered: np.ndarray = np.ptp(maps, axis=(1, 2)) > 0
    return ordered


@dataclass(frozen=True)
class Baseline:
    """What stands in for removed pixels.

    Attributes:
        hounsfield: HU; NaN where it is not known.
        before, after: the target's probability for the slice as it is, and for the baseline alone.
    """

    hounsfield: Hounsfield
    before: Scores
    after: Scores

    @property
    def known(self) -> Bool[np.ndarray, " slices"]:
        """Where there is a baseline."""
        finite: np.ndarray = np.isfinite(self.hounsfield).all((1, 2))
        return finite


def asked_baseline(about: Questioned, hounsfield: Hounsfield) -> Baseline:
    """A baseline with what the network says to both ends of every curve."""
    ends = np.full((len(about), 2), np.nan)
    known = np.isfinite(hounsfield).all((1, 2))
    for block in about.in_blocks(2):
        rows = block[known[block]]
        if len(rows):
            ends[rows] = about[rows].ask(np.stack([about.hounsfield[rows], hounsfield[rows]], axis=1))
    return Baseline(hounsfield, ends[:, 0], ends[:, 1])


def curves(about: Questioned, maps: Maps, baseline: Baseline, steps: Sequence[float]) -> tuple[Curves, Curves]:
    """Deletion and insertion (Petsiuk et al. 2018, arXiv 1806.07421): the target's probability while the pixels, from
    the map's highest value to its lowest, become the baseline, and while they return from the baseline.

    Args:
        about: N slices.
        maps: of these slices.
        baseline: of these slices.
        steps: shares of the pixels between 0 and 1, rising.

    Returns:
        Deletion and insertion at the shares 0, steps, 1; NaN where not defined.
    """
    found = np.full((2, len(about), len(steps) + 2), np.nan)
    for block in about.in_blocks(2 * len(steps)):
        rows = block[has_order(maps[block]) & baseline.known[block]]
        if len(rows):
            part = about[rows]
            removed = removal(ranks(maps[rows], part.id, about.seed), steps)
            image, other = part.hounsfield[:, None], baseline.hounsfield[rows][:, None]
            both = np.concatenate([np.where(removed, other, image), np.where(removed, image, other)], axis=1)
            found[:, rows, 1:-1] = part.ask(both).reshape(len(rows), 2, -1).transpose(1, 0, 2)
            found[0, rows, 0] = found[1, rows, -1] = baseline.before[rows]
            found[0, rows, -1] = found[1, rows, 0] = baseline.after[rows]
    return found[0], found[1]


def area_under(curve: Curves, shares: Sequence[float]) -> Scores:
    """The mean height of curves over shares from the first to the last, by trapezia; 0 to 1 for probabilities."""
    area: np.ndarray = np.trapezoid(curve, np.asarray(shares), axis=1) / (shares[-1] - shares[0])
    return area


def masked_answers(about: Questioned, maps: Maps, baseline: Baseline) -> dict[str, Scores]:
    """Average drop and increase (Chattopadhay et al. 2018, arXiv 1710.11063) under the map as a soft mask.

    With m the map over its maximum, the network sees m x + (1 - m) baseline; y is the target's probability for x, y'
    for that. Drop: max(0, y - y') / y; increase: 1 if y' > y, else 0. (The paper multiplies pixels; 0 HU is water, not
    nothing, so what is masked becomes the baseline.) NaN for empty maps.
    """
    after = np.full(len(about), np.nan)
    for block in about.in_blocks(1):
        rows = block[(maps[block] > 0).any((1, 2)) & baseline.known[block]]
        if len(rows):
            part, soft = about[rows], maps[rows] / maps[rows].max((1, 2), keepdims=True)
            after[rows] = part.ask((soft * part.hounsfield + (1 - soft) * baseline.hounsfield[rows])[:, None])[:, 0]
    before = baseline.before
    increase = np.where(np.isnan(after), np.nan, after > before)
    return {"average_drop": np.maximum(0, before - after) / before, "average_increase": increase}


def road(about: Questioned, maps: Maps, shares: Sequence[float], noise_hu: float) -> tuple[Curves, Curves]:
    """ROAD (Rong et al. 2022, arXiv 2202.00449): the target's probability while shares of the pixels are imputed from
    their neighbours, the most relevant first and the least relevant first.

    The noise on imputed pixels, HU, belongs to the slice and is the same in both orders and at all shares. (The paper
    counts correct answers; the probability is finer and needs no label.)

    Returns:
        Most relevant first and least relevant first, (N, steps), NaN for maps of one value.
    """
    found = np.full((2, len(about), len(shares)), np.nan)
    for block in about.in_blocks(2 * len(shares)):
        rows = block[has_order(maps[block])]
        if len(rows):
            part = about[rows]
            places = ranks(maps[rows], part.id, about.seed)
            orders = (places, places[0].size - 1 - places)
            removed = np.concatenate([removal(order, shares) for order in orders], axis=1)
            found[:, rows] = part.ask(imputed(part, removed, noise_hu)).reshape(len(rows), 2, -1).transpose(1, 0, 2)
    return found[0], found[1]


def imputed(about: Questioned, removed: np.ndarray, noise_hu: float) -> np.ndarray:
    """(N, steps, H, W) slices with their removed pixels imputed."""
    shape = about.hounsfield.shape[1:]
    filled = []
    for image, name, masks in zip(about.hounsfield.astype(np.float64), about.id, removed, strict=True):
        noise = slice_generator(about.seed, str(name), "imputation").normal(0, noise_hu, shape)
        filled.append([impute(image, mask, noise) for mask in masks])
    return np.reshape(filled, removed.shape)


def parenchyma_hu(hounsfield: Hounsfield, masks: Masks, below_hu: float) -> float:
    """Mean of all pixels beside the nodules and below a limit, HU: air-filled lung. NaN if there are none."""
    lung = hounsfield[~masks & (hounsfield < below_hu)]
    return float(lung.mean(dtype=np.float64)) if lung.size else float("nan")


def substitutes(
    hounsfield: Hounsfield, spacing: Spacing, parenchyma: float, blur_mm: float
) -> Mapping[str, Hounsfield]:
    """What stands in for removed pixels: `parenchyma`, one value everywhere; `blur`, the slice itself without detail."""
    pairs = zip(hounsfield, spacing.astype(np.float64), strict=True)
    blurred = [ndimage.gaussian_filter(image, blur_mm / step, mode="nearest") for image, step in pairs]
    flat = np.full(hounsfield.shape, parenchyma, dtype=np.float32)
    return {"parenchyma": flat, "blur": np.reshape(blurred, hounsfield.shape).astype(np.float32)}


def subject_scores(
    about: Questioned, maps: Maps, baselines: Mapping[str, Baseline], steps: Sequence[float]
) -> dict[str, np.ndarray]:
    """What deletion, insertion and masking say about one subject's maps.

    Returns:
        `deletion_BASELINE`, `insertion_BASELINE`, `average_drop`, `average_increase` (N,), and `curve/...` of the first
        two, (N, steps + 2).
    """
    found: dict[str, np.ndarray] = {}
    shares = (0.0, *steps, 1.0)
    for name, baseline in baselines.items():
        for kind, curve in zip(("deletion", "insertion"), curves(about, maps, baseline, steps), strict=True):
            found |= {f"curve/{kind}_{name}": curve, f"{kind}_{name}": area_under(curve, shares)}
    return found | masked_answers(about, maps, baselines["parenchyma"])


def road_scores(about: Questioned, maps: Maps, shares: Sequence[float], noise_hu: float) -> dict[str, np.ndarray]:
    """What ROAD says about one subject's maps: `road_morf`, `road_lerf`, `road_gap` (N,), and the two `curve/...`."""
    curve = dict(zip(("road_morf", "road_lerf"), road(about, maps, shares, noise_hu), strict=True))
    areas = {name: area_under(values, shares) for name, values in curve.items()}
    gap = {"road_gap": areas["road_lerf"] - areas["road_morf"]}
    return areas | gap | {f"curve/{name}": values for name, values in curve.items()}
