"""Terms shared by settings, results and pages: scalings, kinds of examples, and names and colours of methods."""

from __future__ import annotations

from dataclasses import dataclass

EXAMPLE_KINDS = ("misclassified", "good", "bad")
"""Kinds of examples that selection finds for every method, in the order of pages."""
FINER = "finer_"
"""Prefix of a method's key: the variant that explains the margin to the strongest other class (Finer-CAM)."""
SCALING_NAMES = {
    "per_image": "share of the map's own maximum",
    "shared": "share of the method's largest value over all test slices",
    "signed": "signed share of the map's own largest magnitude",
}
"""Key of `explanation.scaling` -> the quantity on the colour bar of a map."""


@dataclass(frozen=True)
class MethodLook:
    """How figures show a method: its key, its name, and the colour of its lines and dots."""

    key: str
    name: str
    colour: str
