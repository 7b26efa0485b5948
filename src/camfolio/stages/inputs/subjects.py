"""Subjects of scores with their maps: methods at the layer in focus and at other layers, and controls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from camfolio.data.slices import Slices
from camfolio.evidence.controls import CONTROLS, Scene, controls
from camfolio.explanation.maps import enlarge
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.subject import Subject
from camfolio.shapes import Maps


def method_maps(
    explanations: Path, subjects: Sequence[Subject], size: tuple[int, int]
) -> Iterator[tuple[Subject, Maps]]:
    """Maps >= 0 of methods at any layer, stored by stage `explanations`, one subject at a time."""
    stored = LayerMaps.read(explanations)
    for subject in subjects:
        yield subject, enlarge(torch.from_numpy(stored.of(subject)).relu(), size).numpy()


def control_maps(
    data: Slices, window_hu: tuple[float, float], sigma_mm: float, seed: int
) -> Iterator[tuple[Subject, Maps]]:
    """Maps of every control, one subject at a time."""
    scene = Scene(data.hounsfield, data.id, data.spacing, window_hu, sigma_mm, seed)
    for subject in controls():
        yield subject, CONTROLS[subject.name](scene)
