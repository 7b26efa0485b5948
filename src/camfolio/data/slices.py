"""`Slices`: the CT data of any source in one form, with its invariants."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from camfolio.errors import DataError
from camfolio.shapes import Hounsfield, Labels, Masks, Names, Spacing


@dataclass(frozen=True)
class Slices:
    """Axial CT slices around nodules.

    Attributes:
        hounsfield: float32 (N, height, width), HU, finite.
        label: int64 (N,), 0 for the first class (benign) and 1 for the second (malignant).
        mask: bool (N, height, width), the nodule by the readers' consensus; may be empty.
        patient: str (N,), slices with the same id are always in the same part of a split.
        spacing: float32 (N, 2), mm per pixel along rows and columns, > 0.
        id: str (N,), unique; ties are broken by it.
        nodule: str (N,), slices with the same name show the same nodule, of one patient and with one label; left out where it
            is not known, which counts every slice as a nodule of its own.

    Raises:
        DataError: if the arrays do not fit together, are empty, hold NaN, or an id occurs twice; if slices of one
            nodule differ in patient or label.
    """

    hounsfield: Hounsfield
    label: Labels
    mask: Masks
    patient: Names
    spacing: Spacing
    id: Names
    nodule: Names = field(default_factory=lambda: np.zeros(0, "U1"))

    def __post_init__(self) -> None:
        if not len(self.nodule):
            object.__setattr__(self, "nodule", self.id)  # the dataclass is frozen
        check_lengths(self)
        check_values(self)
        check_nodules(self)

    def __len__(self) -> int:
        return len(self.label)

    def select(self, index: np.ndarray) -> Slices:
        """The slices at `index` (integers or a boolean mask), in that order."""
        return Slices(**{one.name: getattr(self, one.name)[index] for one in fields(self)})

    @property
    def nodules_known(self) -> bool:
        """Whether `nodule` was given, so that it differs from the slices' ids."""
        return bool((self.nodule != self.id).any())

    @property
    def area_mm2(self) -> np.ndarray:
        """Area of the nodule on the slice in square millimetres, float64 (N,); NaN without a mask: not known."""
        area: np.ndarray = self.mask.sum((1, 2)) * self.spacing.astype(np.float64).prod(1)
        return np.where(self.mask.any((1, 2)), area, np.nan)

    def save(self, path: Path) -> None:
        """Write all arrays to an uncompressed npz."""
        arrays = {one.name: getattr(self, one.name) for one in fields(self)}
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Slices:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{one.name: arrays[one.name] for one in fields(cls)})


def check_lengths(slices: Slices) -> None:
    """Check that all arrays have the same number of slices, at least one.

    Raises:
        DataError: naming the array that differs.
    """
    count = len(slices.label)
    if count == 0:
        msg = "Expected at least one slice, but got none: the source or the label rule left nothing."
        raise DataError(msg)
    for one in fields(slices):
        length = len(getattr(slices, one.name))
        if length != count:
            msg = f"Expected {count} entries in {one.name}, as in label, but got {length}."
            raise DataError(msg)
    if slices.mask.shape != slices.hounsfield.shape:
        msg = f"Expected masks of shape {slices.hounsfield.shape}, as the slices, but got {slices.mask.shape}."
        raise DataError(msg)


def check_values(slices: Slices) -> None:
    """Check that attenuation is finite, labels are 0 or 1, spacing is positive, and patients and slices have ids.

    Errors give a slice's number, not its id, which may identify a patient.

    Raises:
        DataError: for the first invalid value.
    """
    broken = np.flatnonzero(~np.isfinite(slices.hounsfield).all((1, 2)))
    if broken.size:
        msg = f"Expected finite Hounsfield units, but got NaN or infinity in slice number {broken[0]}, counted from 0."
        raise DataError(msg)
    odd = np.setdiff1d(slices.label, [0, 1])
    if odd.size:
        msg = f"Expected labels 0 and 1, but got {odd[0]}."
        raise DataError(msg)
    unusable = ~(np.isfinite(slices.spacing) & (slices.spacing > 0))
    if unusable.any():
        msg = f"Expected a pixel spacing above 0 mm, but got {slices.spacing[unusable][0]:g}."
        raise DataError(msg)
    nameless = np.flatnonzero(slices.patient == "")
    if len(nameless):
        msg = f"Expected a patient's id for every slice, but slice number {nameless[0]}, counted from 0, has none. Any pseudonym will do."
        raise DataError(msg)
    _, which, counts = np.unique(slices.id, return_inverse=True, return_counts=True)
    if counts.max() > 1:
        same = np.flatnonzero(which == counts.argmax())
        msg = f"Expected every slice id once, but slices number {same[0]} and {same[1]}, counted from 0, share one."
        raise DataError(msg)


def check_nodules(slices: Slices) -> None:
    """Check that all slices of a nodule have one patient and one label.

    Raises:
        DataError: for the first slice that differs from another one of its nodule.
    """
    _, first, nodule_index = np.unique(slices.nodule, return_index=True, return_inverse=True)
    for name, values in (("patient", slices.patient), ("label", slices.label)):
        differing = np.flatnonzero(values != values[first[nodule_index]])
        if differing.size:
            odd = int(differing[0])
            msg = (
                f"Expected one {name} for all slices of a nodule, but slices number {first[nodule_index[odd]]} and {odd}, "
                "counted from 0, have two. Give nodules names that are unique across patients."
            )
            raise DataError(msg)
