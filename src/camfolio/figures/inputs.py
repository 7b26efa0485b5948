"""What the figures of examples read: the chosen case, its slice, its map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from camfolio.data.slices import Slices
from camfolio.stages.files import read_json


@dataclass(frozen=True)
class Example:
    """One example, ready to be drawn.

    Attributes:
        case: what selection wrote: id, true, predicted, probability, rank, scores.
        hounsfield, mask, spacing_mm: the slice (HU), the nodule, mm per pixel (mean of both axes).
        maps: method -> map at the slice's resolution, >= 0.
    """

    case: dict[str, Any]
    hounsfield: np.ndarray
    mask: np.ndarray
    spacing_mm: float
    maps: dict[str, np.ndarray]


def load_example(slices: Path, split: Path, localisation: Path, case: dict[str, Any]) -> Example:
    """The slice of a case among the test slices, and all its maps."""
    test = np.load(split / "part.npy", allow_pickle=False) == "test"
    data = Slices.load(slices / "slices.npz").select(np.flatnonzero(test)[[case["slice"]]])
    with np.load(localisation / "scores.npz", allow_pickle=False) as scores:
        names = [name for name in scores.files if name.startswith("enlarged/")]
        maps = {name.partition("/")[2]: scores[name][case["slice"]] for name in names}
    return Example(case, data.hounsfield[0], data.mask[0], float(data.spacing[0].mean()), maps)


def load_case(selection: Path, method: str, kind: str) -> dict[str, Any] | None:
    """One case as selection wrote it."""
    case: dict[str, Any] | None = read_json(selection / "cases.json")["methods"][method]["cases"][kind]
    return case


def outcome(case: dict[str, Any], classes: tuple[str, str]) -> str:
    """What the label is and what the network said: "benign, called malignant, p = 0.83"."""
    called = classes[case["predicted"]]
    return f"{classes[case['true']]}, called {called}, p = {case['probability']:.2f}"


def share_words(value: float | None) -> str:
    """An energy share in percent, or that it is not defined."""
    return "not defined" if value is None else f"{value:.0%}"
