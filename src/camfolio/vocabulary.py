"""Terms shared by settings, results and pages: scalings, kinds of examples, and how figures name a method."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("misclassified", "good", "bad")
FINER = "finer_"
SCALING_NAMES = {
    "per_image": "share of the map's own maximum",
    "shared": "share of the method's largest value over all test slices",
    "signed": "signed share of the map's own largest magnitude",
}
"""Keys of `explanation.scaling`, and what a map's colours then stand for."""


@dataclass(frozen=True)
class MethodLook:
    """How figures show a method: its key, its name, and the colour of its lines and dots."""

    key: str
    name: str
    colour: str
