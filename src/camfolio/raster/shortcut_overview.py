"""Stage `overview` of a study about a planted shortcut: a slice with the cue, and maps by a network that learned it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.evidence.shortcut import CUES
from camfolio.explanation.scaling import scaled
from camfolio.figures.shortcut_example import read_example
from camfolio.raster.overview import Pictures
from camfolio.vocabulary import MethodLook


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    clean: Path,
    shortcut: Path,
    cue: str,
    methods: tuple[MethodLook, ...],
    window_hu: tuple[float, float],
) -> None:
    """Write `slice.png`, `METHOD.png` and `OverviewResult` of the slice with the cue; energy is that in the cue's region."""
    example = read_example(slices, split, {"clean": clean, "shortcut": shortcut}, cue, methods)
    pictures = Pictures(out, example.hounsfield[1], example.region, window_hu)
    maps = {method: example.maps["shortcut"][method.key] for method in methods}
    panels = [
        pictures.map(method.key, method.name, scaled(values, "per_image", 0.0), energy_inside(values, example.region))
        for method, values in maps.items()
    ]
    pictures.result(
        [pictures.slice(f"the slice with the {cue}"), *panels],
        spacing_mm=example.spacing_mm,
        name=example.id,
        words=CUES[cue].words,
    ).write(out)


def energy_inside(values: np.ndarray, region: np.ndarray) -> float | None:
    """Share of a map's energy in a region; None for an empty map."""
    whole = float(values.sum())
    return float(values[region].sum()) / whole if whole > 0 else None
