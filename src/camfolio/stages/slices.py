"""Stage `slices`: from a source to slices.npz and card.json."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.pseudonyms import pseudonymous, with_secret
from camfolio.data.reading import Order, read_source
from camfolio.data.slices import Slices
from camfolio.evidence.localisation import offset_in_radii
from camfolio.results.card import CardResult, Quartiles, SourceCard
from camfolio.study.settings import LabelRule
from camfolio.study.source import Identified
from camfolio.study.sources import Data


def run(*, out: Path, data: Data, labels: LabelRule, seed: int, **files: Path) -> None:
    """Write `slices.npz` and `CardResult`; patients' ids are replaced by pseudonyms unless the study keeps them.

    Args:
        out: gets `slices.npz` and `card.json`.
        data: the study's `data` section; its paths are not used.
        labels: used by sources with readers' ratings.
        seed: of everything random in a source.
        files: the files and folders that the source reads, by their names in the settings; `secret` joins the pseudonyms' salt.
    """
    reading = read_source(data, Order(labels, seed, files))
    pseudonyms = isinstance(data, Identified) and data.ids == "pseudonyms"
    salt = with_secret(reading.salt, files["secret"]) if "secret" in files else reading.salt
    slices = pseudonymous(reading.slices, salt) if pseudonyms else reading.slices
    slices.save(out / "slices.npz")
    data_card(reading.card, slices).write(out)


def data_card(card: SourceCard, slices: Slices) -> CardResult:
    """The source's description, with counts and ranges of the slices that the data cards of all sources show."""
    area, (rows, columns) = slices.area_mm2, slices.hounsfield.shape[1:]
    of_class = [slices.label == label for label in (0, 1)]
    first, second = (
        (int(chosen.sum()), len(np.unique(slices.patient[chosen])), quartiles(area[chosen])) for chosen in of_class
    )
    lowest, low, median, high, highest = np.percentile(slices.hounsfield, [0, 5, 50, 95, 100]).tolist()
    return CardResult(
        **dict(card),
        slices=len(slices),
        nodules=len(np.unique(slices.nodule)),
        patients_used=len(np.unique(slices.patient)),
        slices_by_class=(first[0], second[0]),
        patients_by_class=(first[1], second[1]),
        shape=(rows, columns),
        spacing_mm=(float(slices.spacing.min()), float(slices.spacing.max())),
        hounsfield=(lowest, low, median, high, highest),
        area_mm2_by_class=(first[2], second[2]),
        empty_masks=int((~slices.mask.any((1, 2))).sum()),
        border_masks=int(touches_border(slices.mask).sum()),
        central_masks=int((offset_in_radii(slices.mask, slices.spacing) < 1).sum()),
    )


def quartiles(area_mm2: np.ndarray) -> Quartiles | None:
    """Quartiles of the known areas; None if no area is known."""
    known = area_mm2[np.isfinite(area_mm2)]
    if not len(known):
        return None
    low, median, high = np.percentile(known, [25, 50, 75]).tolist()
    return low, median, high


def touches_border(mask: np.ndarray) -> np.ndarray:
    """Whether each mask reaches the edge of its slice, so that a part of the nodule may be missing; bool (N,)."""
    frame = np.ones(mask.shape[1:], dtype=bool)
    frame[1:-1, 1:-1] = False
    touching: np.ndarray = np.any(mask & frame, axis=(1, 2))
    return touching
