"""What is scored: a method at the layer in focus, a method at another layer, a control; each one's maps by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from camfolio.data.slices import Slices
from camfolio.evidence.controls import CONTROLS, Scene
from camfolio.explanation.maps import enlarge

CONTROL = "control/"
Maps = Float[np.ndarray, "slices height width"]


def control_names() -> tuple[str, ...]:
    """The names of all controls among the subjects: `control/NAME`."""
    return tuple(CONTROL + name for name in CONTROLS)


def is_in_focus(name: str) -> bool:
    """Whether a subject is a method at the layer in focus, or a control."""
    return "/" not in name.removeprefix(CONTROL)


def layer_names(layers: Sequence[str], methods: Sequence[str]) -> tuple[str, ...]:
    """The names of methods at layers out of focus: `LAYER/METHOD`."""
    return tuple(f"{layer}/{method}" for layer in layers[1:] for method in methods)


def method_maps(explanations: Path, names: Sequence[str], size: tuple[int, int]) -> Iterator[tuple[str, Maps]]:
    """Name -> maps >= 0 at the slices' resolution, one after the other, of methods at any layer (see `explanations`)."""
    with np.load(explanations / "maps.npz", allow_pickle=False) as signed:
        for name in names:
            yield name, enlarge(torch.from_numpy(signed[name]).relu(), size).numpy()


def control_maps(
    data: Slices, window_hu: tuple[float, float], sigma_mm: float, seed: int
) -> Iterator[tuple[str, Maps]]:
    """Name -> maps of every control, one after the other."""
    scene = Scene(data.hounsfield, data.id, data.spacing, window_hu, sigma_mm, seed)
    for name, (_, control) in CONTROLS.items():
        yield CONTROL + name, control(scene)
