"""Terms shared by settings, results, figures and pages: scalings, kinds of examples, looks of methods, and how numbers are written."""

from __future__ import annotations

from dataclasses import dataclass

MINUS = "\u2212"
UNDEFINED = "not defined"
EXAMPLE_KINDS = ("misclassified", "good", "median", "bad")
"""Kinds of examples that selection finds for every method, in the order of pages: `good`, `median` and `bad` have the most, the
median and the least energy on the nodule for its size."""
FOR_ITS_SIZE = {
    "good": "most energy on the nodule for its size",
    "median": "median energy on the nodule for its size",
    "bad": "least energy on the nodule for its size",
}
"""Kind of example that is chosen by score -> its words on pages."""
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


def as_number(value: float | None, digits: int = 3) -> str:
    """A number with fixed digits, without a sign if it rounds to zero; "not defined" for None.

    >>> as_number(0.94449), as_number(-0.0001), as_number(-875.0, 0) == MINUS + "875", as_number(None)
    ('0.944', '0.000', True, 'not defined')
    """
    return UNDEFINED if value is None else f"{value:z.{digits}f}".replace("-", MINUS)


def as_percent(share: float | None, digits: int = 0) -> str:
    """A share, 0 to 1, in percent; "not defined" for None.

    >>> as_percent(0.256, 1), as_percent(None)
    ('25.6 %', 'not defined')
    """
    return UNDEFINED if share is None else f"{as_number(100 * share, digits)} %"
