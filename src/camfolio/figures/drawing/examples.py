"""What the figures of examples read: the chosen case, its slice, its maps and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.explanation.scaling import ScaledMap, Scaling, scaled
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.selection import Case, CasesResult, MethodCases
from camfolio.results.subject import Subject
from camfolio.vocabulary import MethodLook


@dataclass(frozen=True)
class Example:
    """One example, ready to be drawn.

    Attributes:
        case: what selection chose.
        hounsfield, mask: the slice (HU) and the nodule.
        spacing_mm: mm per pixel from column to column, along which the scale bar lies.
        maps: method -> map at the slice's resolution, >= 0.
        shown: method -> the same as the study scales it.
        shares: method -> energy share; None where not defined.
    """

    case: Case
    hounsfield: np.ndarray
    mask: np.ndarray
    spacing_mm: float
    maps: Mapping[str, np.ndarray]
    shown: Mapping[str, ScaledMap]
    shares: Mapping[str, float | None]


@dataclass(frozen=True)
class ExampleFolders:
    """Folders of the stages that examples are read from, under the stages' names."""

    slices: Path
    split: Path
    localisation: Path
    selection: Path

    def case(self, method: str, kind: str) -> Case | None:
        """One case as selection chose it; None if it found none."""
        return self.chosen(method).cases[kind]

    def chosen(self, method: str) -> MethodCases:
        """All that selection chose for a method."""
        return CasesResult.read(self.selection).methods[method]

    def load(self, case: Case, scaling: Scaling) -> Example:
        """The slice of a case among the test slices, and all its maps."""
        one = case.slice
        data = slice_of_test(self.slices, self.split, one)
        stored, scores = SliceMaps.read(self.localisation), SliceScores.read(self.localisation)
        enlarged = dict(stored.enlarged)
        signed = stored.signed if scaling == "signed" else enlarged
        maps = {method: values[one] for method, values in enlarged.items()}
        shown = {
            method: scaled(signed[method][one], scaling, float(values.max())) for method, values in enlarged.items()
        }
        found = {method: float(scores.of("energy_share", Subject(method))[one]) for method in enlarged}
        shares = {method: share if np.isfinite(share) else None for method, share in found.items()}
        _, between_columns = data.spacing[0].tolist()
        return Example(case, data.hounsfield[0], data.mask[0], between_columns, maps, shown, shares)


def slice_of_test(slices: Path, split: Path, one: int) -> Slices:
    """One slice, by its number in the test part."""
    test = np.load(split / "part.npy", allow_pickle=False) == "test"
    return Slices.load(slices / "slices.npz").select(np.flatnonzero(test)[[one]])


def outcome(case: Case, classes: tuple[str, str]) -> str:
    """Label, predicted class and its probability: "benign, predicted malignant, p = 0.83"."""
    predicted = classes[case.predicted]
    return f"{classes[case.true]}, predicted {predicted}, p = {case.probability:.2f}"


def share_words(value: float | None) -> str:
    """An energy share in percent, or that it is not defined."""
    return "not defined" if value is None else f"{value:.0%}"


def shares_words(example: Example, methods: Sequence[MethodLook]) -> str:
    """All methods with their energy shares: "Grad-CAM 31%, HiRes-CAM 40%"."""
    return ", ".join(f"{method.name} {share_words(example.shares[method.key])}" for method in methods)
