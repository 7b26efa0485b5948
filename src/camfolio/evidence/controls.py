"""Controls that do not see the network, scored like methods: each is one function under `@control`.

Nodules are brighter than lung, so the image itself scores well without a network; so does a blob at the centre where slices
are cut around their nodules. A method is informative only if it scores better than they do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy import ndimage

from camfolio.results.subject import Subject
from camfolio.shapes import Hounsfield, Labels, Maps, Names, Spacing
from camfolio.statistics.random_generators import slice_generator

PixelValues = Float64[np.ndarray, "slices height width"]
"""One number for every pixel of every slice."""


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
    def windowed(self) -> PixelValues:
        """The slices through the window, 0 to 1."""
        low, high = self.window_hu
        return (self.hounsfield.clip(low, high).astype(np.float64) - low) / (high - low)

    @property
    def distance_mm(self) -> PixelValues:
        """Distance of every pixel from the slice's centre, mm."""
        rows, columns = (np.arange(length) - (length - 1) / 2 for length in self.hounsfield.shape[1:])
        spacing = self.spacing.astype(np.float64)
        across, down = columns * spacing[:, 1:], rows * spacing[:, :1]
        distance: PixelValues = np.hypot(down[:, :, None], across[:, None, :])
        return distance


ControlFunction = Callable[[Scene], Maps]


@dataclass(frozen=True)
class Control:
    """One registered control: its title on pages, and the function from a scene to maps."""

    title: str
    function: ControlFunction

    def __call__(self, scene: Scene) -> Maps:
        """Maps >= 0 of every slice of the scene."""
        return self.function(scene)


CONTROLS: dict[str, Control] = {}
"""Name -> control, in the order of pages."""


def control(title: str) -> Callable[[ControlFunction], ControlFunction]:
    """Register a function under its name; its maps are scored like those of a method, and pages show its title."""

    def register(function: ControlFunction) -> ControlFunction:
        CONTROLS[function.__name__] = Control(title, function)
        return function

    return register


@control("random map")
def random(scene: Scene) -> Maps:
    """Every pixel drawn uniformly from 0 to 1; equal seeds and slice ids give equal maps."""
    shape = scene.hounsfield.shape[1:]
    return np.stack([slice_generator(scene.seed, str(name), "random map").random(shape) for name in scene.id])


@control("edge detector")
def edges(scene: Scene) -> Maps:
    """Magnitude of the Sobel gradient of the slice through the window, per pixel."""
    # One slice at a time: on a stack the filter would smooth across slices.
    gradients = [[ndimage.sobel(image, axis=axis, mode="nearest") for axis in (0, 1)] for image in scene.windowed]
    return np.stack([np.hypot(*gradient) for gradient in gradients])


@control("the image itself")
def intensity(scene: Scene) -> Maps:
    """The slice through the window, 0 to 1."""
    return scene.windowed


@control("centre pixel")
def centre_pixel(scene: Scene) -> Maps:
    """1 at the pixel nearest to the centre, or at the two or four equally near, 0 elsewhere."""
    distance = scene.distance_mm
    middle: Maps = np.isclose(distance, distance.min((1, 2), keepdims=True)).astype(np.float64)
    return middle


@control("blob at the centre")
def centre_blob(scene: Scene) -> Maps:
    """A Gaussian at the slice's centre, 1 at its maximum, with the scene's standard deviation in mm."""
    return np.exp(-((scene.distance_mm / scene.sigma_mm) ** 2) / 2)


def others_mean(maps: Maps, patient: Names, target: Labels) -> Maps:
    """For every slice, the mean of a method's maps of the slices of other patients that explain the same class.

    Each map counts by its distribution: divided by its sum, unless that is 0. A method whose own maps lie on nodules no better
    than this one knows where nodules usually are in a slice, and not where this one is. All zero where no other patient has
    that class.

    Args:
        maps: >= 0, of one method.
        patient: of the slices.
        target: the class that each map explains.
    """
    total = maps.sum((1, 2), keepdims=True, dtype=np.float64)
    parts = np.divide(maps, total, out=np.zeros(maps.shape), where=total > 0)
    mean = np.zeros(maps.shape)
    for one in np.unique(target):
        same = target == one
        everyone, count = parts[same].sum(0), int(same.sum())
        for who in np.unique(patient[same]):
            own = same & (patient == who)
            if rest := count - int(own.sum()):
                mean[own] = (everyone - parts[own].sum(0)) / rest
    return mean.clip(0.0)


def controls() -> tuple[Subject, ...]:
    """All controls, as subjects of scores."""
    return tuple(Subject(name, is_control=True) for name in CONTROLS)
