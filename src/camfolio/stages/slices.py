"""Stage `slices`: from a source to slices.npz and card.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from camfolio.config import Data, LabelRule, PhantomData
from camfolio.data.slices import Slices
from camfolio.data.sources import lidc_phantom, npz
from camfolio.stages.files import write_json


def run(
    *, out: Path, data: Data, labels: LabelRule, seed: int, path: Path | None = None, embedded: Path | None = None
) -> None:
    """Read the study's source.

    Args:
        out: gets `slices.npz` and `card.json`.
        data: the study's `data` section; its own path is left aside.
        labels: used by sources with readers' ratings.
        seed: of the phantom's rendering.
        path: the file that the source reads, if it reads one.
        embedded: the file in the package that the source reads by itself; named so that its digest is in the key.
    """
    del embedded
    slices, card = read(data, labels, seed, path)
    slices.save(out / "slices.npz")
    write_json(out / "card.json", card | describe(slices))


def read(data: Data, labels: LabelRule, seed: int, path: Path | None) -> tuple[Slices, dict[str, Any]]:
    """Slices and card from the source that `data` names."""
    if isinstance(data, PhantomData):
        return lidc_phantom.read(
            statistic=labels.statistic,
            min_readers=labels.min_readers,
            slices_per_nodule=data.slices_per_nodule,
            size=data.size,
            spacing_mm=data.spacing_mm,
            seed=seed,
        )
    return npz.read(path or data.path, data.spacing_mm)


def describe(slices: Slices) -> dict[str, Any]:
    """Counts and ranges that every data card shows, whatever the source."""
    area = slices.area_mm2
    return {
        "slices": len(slices),
        "patients_used": len(np.unique(slices.patient)),
        "slices_by_class": np.bincount(slices.label, minlength=2).tolist(),
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
