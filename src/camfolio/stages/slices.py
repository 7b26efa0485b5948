"""Stage `slices`: from a source to slices.npz and card.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from camfolio.data.pseudonyms import pseudonymous
from camfolio.data.reading import Order, read_source
from camfolio.data.slices import Slices
from camfolio.results.files import write_json
from camfolio.study.settings import LabelRule
from camfolio.study.source import Identified
from camfolio.study.sources import Data


def run(*, out: Path, data: Data, labels: LabelRule, seed: int, **files: Path) -> None:
    """Read the study's source; no id of a patient goes further than this, unless the study asks for it.

    Args:
        out: gets `slices.npz` and `card.json`.
        data: the study's `data` section; its own paths are left aside.
        labels: used by sources with readers' ratings.
        seed: of everything random in a source.
        files: the files and folders that the source reads, by their names in the settings.
    """
    reading = read_source(data, Order(labels, seed, files))
    hidden = isinstance(data, Identified) and data.ids == "pseudonyms"
    slices = pseudonymous(reading.slices, reading.salt) if hidden else reading.slices
    slices.save(out / "slices.npz")
    write_json(out / "card.json", reading.card | describe(slices))


def describe(slices: Slices) -> dict[str, Any]:
    """Counts and ranges that every data card shows, whatever the source."""
    area = slices.area_mm2
    return {
        "slices": len(slices),
        "patients_used": len(np.unique(slices.patient)),
        "slices_by_class": np.bincount(slices.label, minlength=2).tolist(),
        "patients_by_class": [len(np.unique(slices.patient[slices.label == one])) for one in (0, 1)],
        "shape": list(slices.hounsfield.shape[1:]),
        "spacing_mm": [float(slices.spacing.min()), float(slices.spacing.max())],
        "hounsfield": np.percentile(slices.hounsfield, [0, 5, 50, 95, 100]).tolist(),
        "area_mm2_by_class": [quartiles(area[slices.label == one]) for one in (0, 1)],
        "empty_masks": int((~slices.mask.any((1, 2))).sum()),
        "border_masks": int(touches_border(slices.mask).sum()),
    }


def quartiles(area_mm2: np.ndarray) -> list[float] | None:
    """Quartiles of the areas that are known; None if none is."""
    known = area_mm2[np.isfinite(area_mm2)]
    return np.percentile(known, [25, 50, 75]).tolist() if len(known) else None


def touches_border(mask: np.ndarray) -> np.ndarray:
    """Where a nodule reaches the edge of its slice, so that a part of it may be missing; bool (N,)."""
    frame = np.ones(mask.shape[1:], dtype=bool)
    frame[1:-1, 1:-1] = False
    touching: np.ndarray = np.any(mask & frame, axis=(1, 2))
    return touching
