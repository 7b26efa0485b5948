"""Reading examples for figures: the selected case, its slice, its maps and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.explanation.scaling import ScaledMap, Scaling, scaled
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.selection import Case, CasesResult, MethodCases
from camfolio.results.subject import Subject
from camfolio.vocabulary import MethodLook, as_percent


@dataclass(frozen=True)
class Example:
    """One example, ready to be drawn.

    Attributes:
        case: the selected case.
        hounsfield, mask: the slice (HU) and the nodule, (height, width).
        spacing_mm: mm per pixel from column to column, the direction of the scale bar.
        maps: method -> map at the slice's resolution, >= 0, (height, width).
        scaled_maps: method -> the map under the study's scaling.
        energy_shares: method -> energy share, 0 to 1; None where not defined.
        disagreement: method -> standard deviation over an ensemble's maps, (height, width); empty for a single network.
    """

    case: Case
    hounsfield: np.ndarray
    mask: np.ndarray
    spacing_mm: float
    maps: Mapping[str, np.ndarray]
    scaled_maps: Mapping[str, ScaledMap]
    energy_shares: Mapping[str, float | None]
    disagreement: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class ExampleFolders:
    """Folders of the stages from which examples are read; each field is named like its stage."""

    slices: Path
    split: Path
    localisation: Path
    selection: Path

    def case(self, method: str, kind: str) -> Case | None:
        """The selected case of a kind; None if no slice fits its rule."""
        return self.cases(method).cases[kind]

    def cases(self, method: str) -> MethodCases:
        """All selected cases of a method."""
        return CasesResult.read(self.selection).methods[method]

    def load(self, case: Case, scaling: Scaling) -> Example:
        """Read the slice of a case, and its maps by all methods."""
        data = read_test_slice(self.slices, self.split, case.slice)
        stored, scores = SliceMaps.read(self.localisation), SliceScores.read(self.localisation)
        enlarged = dict(stored.enlarged)
        signed = stored.signed if scaling == "signed" else enlarged
        maps = {method: values[case.slice] for method, values in enlarged.items()}
        scaled_maps = {
            method: scaled(signed[method][case.slice], scaling, float(values.max()))
            for method, values in enlarged.items()
        }
        shares = {method: float(scores.of("energy_share", Subject(method))[case.slice]) for method in enlarged}
        defined = {method: share if np.isfinite(share) else None for method, share in shares.items()}
        _, column_spacing = data.spacing[0].tolist()
        differing = {method: values[case.slice] for method, values in stored.disagreement.items()}
        return Example(case, data.hounsfield[0], data.mask[0], column_spacing, maps, scaled_maps, defined, differing)


def read_test_slice(slices: Path, split: Path, index: int) -> Slices:
    """One slice, by its position among the test slices."""
    test = np.load(split / "part.npy", allow_pickle=False) == "test"
    return Slices.load(slices / "slices.npz").select(np.flatnonzero(test)[[index]])


def outcome(case: Case, classes: tuple[str, str]) -> str:
    """Label, predicted class and its probability: "benign, predicted malignant, p = 0.83"."""
    predicted = classes[case.predicted]
    return f"{classes[case.true]}, predicted {predicted}, p = {case.probability:.2f}"


def outcome_title(case: Case, classes: tuple[str, str]) -> str:
    """The outcome in two lines, as the title of a panel."""
    return outcome(case, classes).replace(", predicted", ",\npredicted")


def energy_shares_text(example: Example, methods: Sequence[MethodLook]) -> str:
    """All methods with their energy shares: "Grad-CAM 31 %, HiRes-CAM 40 %"."""
    return ", ".join(f"{method.name} {as_percent(example.energy_shares[method.key])}" for method in methods)
