"""What is scored: a method at the layer in focus, a method at another layer, a control; each one's maps by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from camfolio.data.slices import Slices
from camfolio.evidence.controls import CONTROLS, Scene, controls
from camfolio.explanation.maps import enlarge
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.subject import Subject

Maps = Float[np.ndarray, "slices height width"]


def method_maps(
    explanations: Path, subjects: Sequence[Subject], size: tuple[int, int]
) -> Iterator[tuple[Subject, Maps]]:
    """Maps >= 0 at the slices' resolution of methods at any layer (see `explanations`), one subject after the other."""
    stored = LayerMaps.read(explanations)
    for subject in subjects:
        yield subject, enlarge(torch.from_numpy(stored.of(subject)).relu(), size).numpy()


def control_maps(
    data: Slices, window_hu: tuple[float, float], sigma_mm: float, seed: int
) -> Iterator[tuple[Subject, Maps]]:
    """Maps of every control, one after the other."""
    scene = Scene(data.hounsfield, data.id, data.spacing, window_hu, sigma_mm, seed)
    for subject in controls():
        yield subject, CONTROLS[subject.name](scene)
