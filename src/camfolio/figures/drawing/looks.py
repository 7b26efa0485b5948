"""Display settings of examples: one parameter of every figure and image that shows them."""

from __future__ import annotations

from dataclasses import dataclass

from camfolio.explanation.scaling import Scaling
from camfolio.vocabulary import MethodLook


@dataclass(frozen=True)
class Looks:
    """How slices and maps are shown.

    Attributes:
        methods: in the order of the page.
        classes: names of the two classes.
        window_hu: lower and upper end of the window in which slices are shown, HU.
        scaling: scaling of the maps' values for their colours, see `explanation.scaling`.
    """

    methods: tuple[MethodLook, ...]
    classes: tuple[str, str]
    window_hu: tuple[float, float]
    scaling: Scaling = "per_image"
