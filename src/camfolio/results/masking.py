"""`masking.json`: how Score-CAM's energy on the nodule depends on the value that masked pixels get."""

from __future__ import annotations

from typing import ClassVar

from camfolio.results.interval import Interval
from camfolio.results.result import Count, HounsfieldUnits, Result, ResultFile, Share


class MaskedValue(Result):
    """Score-CAM with one value of masked pixels."""

    hounsfield: HounsfieldUnits
    """The value, clipped to the window."""
    received: Share
    """The value as the network receives it; 0 is the paper's product of slice and mask."""
    energy_share: Interval
    """Share of the map's energy inside the mask, 0 to 1, mean over the slices."""
    difference: Interval | None
    """Its paired difference to the study's own value, -1 to 1; None for this value itself."""


class MaskingResult(ResultFile):
    """Score-CAM on a sample of test slices with several values of masked pixels, with intervals over patients."""

    FILE: ClassVar[str] = "masking.json"

    slices: Count
    """Number of test slices."""
    patients: Count
    """Number of their patients."""
    masked_hu: HounsfieldUnits
    """The study's own value."""
    values: tuple[MaskedValue, ...]
    """The study's own value, the window's lower end, which is the paper's product, and the window's middle."""
