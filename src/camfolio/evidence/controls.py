"""Controls that do not see the network, scored like methods: each is one function under `@control`.

Nodules are centred in their slices and brighter than lung, so a blob at the centre and the image itself already score
well; a method that does not beat them has shown nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy import ndimage

from camfolio.results.subject import Subject
from camfolio.shapes import Hounsfield, Names, Spacing
from camfolio.statistics.random_generators import slice_generator

Maps = Float64[np.ndarray, "slices height width"]


@dataclass(frozen=True)
class Scene:
    """Slices and settings that a control may use.

    Attributes:
        hounsfield: HU.
        id: of the slices.
        spacing: mm per pixel, row and column.
        window_hu: lower and upper end of the intensity window, HU.
        sigma_mm: standard deviation of the blob at the centre.
        seed: of random maps.
    """

    hounsfield: Hounsfield
    id: Names
    spacing: Spacing
    window_hu: tuple[float, float]
    sigma_mm: float
    seed: int

    @property
    def windowed(self) -> Maps:
        """The slices through the window, 0 to 1."""
        low, high = self.window_hu
        return (self.hounsfield.clip(low, high).astype(np.float64) - low) / (high - low)

    @property
    def distance_mm(self) -> Maps:
        """Every pixel's distance from the slice's centre."""
        rows, columns = (np.arange(length) - (length - 1) / 2 for length in self.hounsfield.shape[1:])
        spacing = self.spacing.astype(np.float64)
        across, down = columns * spacing[:, 1:], rows * spacing[:, :1]
        distance: Maps = np.hypot(down[:, :, None], across[:, None, :])
        return distance


Function = Callable[[Scene], Maps]


@dataclass(frozen=True)
class Control:
    """One registered control: its title on pages, and the function from a scene to maps."""

    title: str
    function: Function

    def __call__(self, scene: Scene) -> Maps:
        """Maps >= 0 of every slice of the scene."""
        return self.function(scene)


CONTROLS: dict[str, Control] = {}
"""Name -> control, in the order of pages."""


def control(title: str) -> Callable[[Function], Function]:
    """Register a function under its own name; it is scored like a method, and pages show it under its title."""

    def register(function: Function) -> Function:
        CONTROLS[function.__name__] = Control(title, function)
        return function

    return register


@control("random map")
def random(scene: Scene) -> Maps:
    """Every pixel uniform from 0 to 1, the same for the same seed and slice id."""
    shape = scene.hounsfield.shape[1:]
    return np.stack([slice_generator(scene.seed, str(name), "random map").random(shape) for name in scene.id])


@control("edge detector")
def edges(scene: Scene) -> Maps:
    """Magnitude of the Sobel gradient of the slice through the window, per pixel."""
    # One slice at a time: on a stack the filter would smooth across slices.
    steps = [[ndimage.sobel(one, axis=axis, mode="nearest") for axis in (0, 1)] for one in scene.windowed]
    return np.stack([np.hypot(*step) for step in steps])


@control("the image itself")
def intensity(scene: Scene) -> Maps:
    """The slice itself through the window, 0 to 1."""
    return scene.windowed


@control("centre pixel")
def centre_pixel(scene: Scene) -> Maps:
    """1 at the pixel in the middle, or at the two or four next to it, 0 elsewhere."""
    distance = scene.distance_mm
    middle: Maps = np.isclose(distance, distance.min((1, 2), keepdims=True)).astype(np.float64)
    return middle


@control("blob at the centre")
def centre_blob(scene: Scene) -> Maps:
    """A Gaussian at the slice's centre, 1 at its top, with the scene's standard deviation in mm."""
    return np.exp(-((scene.distance_mm / scene.sigma_mm) ** 2) / 2)


def controls() -> tuple[Subject, ...]:
    """All controls, as subjects of scores."""
    return tuple(Subject(name, is_control=True) for name in CONTROLS)
