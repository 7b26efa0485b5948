"""Slices with LIDC-IDRI's real contours, ratings and labels, and simulated attenuation: the data shipped with camfolio."""

from __future__ import annotations

import statistics as averages
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from itertools import chain

import numpy as np

from camfolio.data.displacement import CENTRED, Displacement, displacement, moved
from camfolio.data.lidc.annotations import Nodule, agreement, read_nodules
from camfolio.data.parallel import Tolerance, spread
from camfolio.data.phantom.appearance import Appearance
from camfolio.data.phantom.grid import fine_grid
from camfolio.data.phantom.render import render
from camfolio.data.reading import Order, Reading
from camfolio.data.slices import Slices
from camfolio.errors import DataError, nearest
from camfolio.results.card import SourceCard, Step
from camfolio.statistics.logistic import held_out_scores
from camfolio.statistics.ranks import ranked_auc
from camfolio.study.sources.lidc_phantom import PhantomData

DATE = "2015"  # of the collection, as in its doi
STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {"median": averages.median, "mean": averages.fmean}
EMPTY = np.zeros((0, 0), np.float32)
FOLDS = 10
HALF = 0.5  # of the readers make a consensus
ATTRIBUTION = (
    "Contours and ratings: LIDC-IDRI (Armato et al. 2011, Medical Physics 38:915-931), The Cancer Imaging Archive, "
    "doi 10.7937/K9/TCIA.2015.LO9QL9SX, CC BY 3.0. Attenuation: simulated."
)


@dataclass(frozen=True)
class Crop:
    """Slices per nodule, their pixels along each side and mm per pixel, and whether nodules are displaced."""

    number: int
    size: int
    spacing_mm: float
    displaced: bool


@dataclass(frozen=True, eq=False)
class Section:
    """One slice of a nodule.

    Attributes:
        id: `LIDC-IDRI-0078-n02-s1`; s1 is the slice on which the nodule is largest.
        nodule: whose slice.
        z_mm: its position.
        label: 0 benign, 1 malignant.
        mask: bool (size, size), pixels marked by at least half of the readers.
        by: pixels by which it is displaced.
        hounsfield: float32 (size, size), HU; empty before it is rendered.
    """

    id: str
    nodule: Nodule
    z_mm: float
    label: int
    mask: np.ndarray
    by: Displacement = CENTRED
    hounsfield: np.ndarray = field(default_factory=lambda: EMPTY)


def from_study(data: PhantomData, order: Order) -> Reading:
    """The slices of a study; see `read`. The annotations' ids are public pseudonyms, so there is no salt."""
    slices, card = read(
        statistic=order.labels.statistic,
        min_readers=order.labels.min_readers,
        slices_per_nodule=data.slices_per_nodule,
        size=data.size,
        spacing_mm=data.spacing_mm,
        seed=order.seed,
        displaced=data.displacement == "random",
    )
    return Reading(slices, card, salt="")


def read(
    *,
    statistic: str,
    min_readers: int,
    slices_per_nodule: int,
    size: int,
    spacing_mm: float,
    seed: int,
    exclude_rating: float = 3.0,
    displaced: bool = False,
) -> tuple[Slices, SourceCard]:
    """Render slices of every nodule that enough readers drew and whose rating is not indeterminate.

    Args:
        statistic: `median` or `mean` of the readers' malignancy ratings.
        min_readers: how many readers must have drawn the nodule.
        slices_per_nodule: how many axial slices of each, fewer where it spans fewer.
        size: rows and columns of a slice.
        spacing_mm: pixel spacing.
        seed: of the simulation and of displacements; the selection does not depend on it.
        exclude_rating: nodules rated exactly this are left out; higher is malignant, lower benign.
        displaced: whether nodules are at random places of their slices, else at the centre.

    Returns:
        The slices, and what is said of them: counts, attribution, date, and that the attenuation is simulated.

    Raises:
        DataError: if the statistic is unknown, a number is below 1, or no nodule is left.
    """
    check(statistic, min_readers=min_readers, slices_per_nodule=slices_per_nodule, size=size)
    nodules = read_nodules()
    seen = [nodule for nodule in nodules if nodule.readers >= min_readers]
    rated = [(nodule, STATISTICS[statistic](nodule.rated("malignancy"))) for nodule in seen]
    used = [(nodule, int(rating > exclude_rating)) for nodule, rating in rated if rating != exclude_rating]
    crop = Crop(number=slices_per_nodule, size=size, spacing_mm=spacing_mm, displaced=displaced)
    draw = partial(slices_of, crop=crop, seed=seed)
    planned = list(chain.from_iterable(spread(draw, used, "nodules", Tolerance(), reason="not rendered")))
    drawn = [one for one in planned if one.mask.any()]
    if not drawn:
        msg = f"Expected nodules drawn by at least {min_readers} readers, but got none. Lower min_readers (LIDC had 4)."
        raise DataError(msg)
    card = SourceCard(
        source="lidc-phantom",
        attenuation="simulated",
        attribution=ATTRIBUTION,
        date=DATE,
        ratings_auc=ratings_auc(used),
        counts={
            "annotations": sum(nodule.readers for nodule in nodules),
            "nodules": len(nodules),
            "nodules_with_too_few_readers": len(nodules) - len(seen),
            "nodules_at_excluded_rating": len(seen) - len(used),
            "slices_without_consensus_mask_dropped": len(planned) - len(drawn),
        },
        steps=(
            Step(words="Nodules in the annotations", count=len(nodules)),
            Step(words=f"Nodules drawn by fewer than {min_readers} readers, excluded", count=len(nodules) - len(seen)),
            Step(words=f"Nodules with a {statistic} malignancy of exactly 3, excluded", count=len(seen) - len(used)),
            Step(words="Nodules used", count=len(used)),
            Step(words="Slices without a pixel of consensus, dropped", count=len(planned) - len(drawn)),
            Step(words="Slices used", count=len(drawn)),
        ),
    )
    return assembled(drawn, spacing_mm), card


def ratings_auc(used: Sequence[tuple[Nodule, int]]) -> float | None:
    """How well the ratings from which slices are drawn separate the labels: the AUC of a logistic regression on them.

    Ten-fold cross-validation by patient, one case per nodule. None for fewer patients of a class than folds.
    """
    label = np.array([label for _, label in used], np.int64)
    patient = np.array([nodule.patient for nodule, _ in used])
    if min(len(np.unique(patient[label == one])) for one in (0, 1)) < FOLDS:
        return None
    ratings = np.array([astuple(Appearance.of(nodule)) for nodule, _ in used], np.float64)
    scores = held_out_scores(ratings, label, patient, FOLDS)
    return round(float(ranked_auc(scores[None], (label == 1)[None])[0]), 6)


def check(statistic: str, **counts: int) -> None:
    """Check that the statistic is known and all counts are at least 1.

    Raises:
        DataError: if not.
    """
    if statistic not in STATISTICS:
        msg = f"Expected a statistic of the readers' ratings, but got {statistic}. {nearest(statistic, STATISTICS)}"
        raise DataError(msg)
    for name, count in counts.items():
        if count < 1:
            msg = f"Expected {name} of at least 1, but got {count}."
            raise DataError(msg)


def sections(nodule: Nodule, label: int, number: int, size: int, spacing_mm: float) -> list[Section]:
    """The `number` slices of one nodule on which it is largest, the largest first; those without consensus too.

    Ties go to the lower position. At its ends a nodule is cut tangentially, so those slices show little of it.
    """
    positions = nodule.consensus_positions()
    masks = [agreement(nodule, z, size, spacing_mm) >= HALF for z in positions]
    order = sorted(range(len(positions)), key=lambda one: (-int(masks[one].sum()), positions[one]))[:number]
    return [
        Section(f"{nodule.id}-s{rank}", nodule, positions[one], label, masks[one])
        for rank, one in enumerate(order, start=1)
    ]


def slices_of(entry: tuple[Nodule, int], crop: Crop, seed: int) -> list[Section]:
    """The sections of one nodule, given with its label, displaced and rendered where their mask is not empty."""
    nodule, label = entry
    found = sections(nodule, label, crop.number, crop.size, crop.spacing_mm)
    masks = np.stack([section.mask for section in found])
    by = displacement(masks, seed, nodule.id) if crop.displaced and masks.any() else CENTRED
    placed = [replace(section, mask=moved(section.mask, by), by=by) for section in found]
    return [
        replace(section, hounsfield=rendered(section, crop.size, crop.spacing_mm, seed))
        if section.mask.any()
        else section
        for section in placed
    ]


def assembled(drawn: Sequence[Section], spacing_mm: float) -> Slices:
    """All slices, in the order of patients and nodules."""
    return Slices(
        hounsfield=np.stack([section.hounsfield for section in drawn]),
        label=np.array([section.label for section in drawn], np.int64),
        mask=np.stack([section.mask for section in drawn]),
        patient=np.array([section.nodule.patient for section in drawn]),
        spacing=np.full((len(drawn), 2), spacing_mm, np.float32),
        id=np.array([section.id for section in drawn]),
        nodule=np.array([section.nodule.id for section in drawn]),
    )


def rendered(section: Section, size: int, spacing_mm: float, seed: int) -> np.ndarray:
    """The attenuation of one slice, float32 (size, size), HU."""
    return render(
        agreement(section.nodule, section.z_mm, *fine_grid(size, spacing_mm)),
        Appearance.of(section.nodule),
        section.id,
        spacing_mm=spacing_mm,
        thickness_mm=section.nodule.thickness_mm,
        seed=seed,
        displacement=section.by,
    )
