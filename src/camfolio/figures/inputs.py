"""What the figures of examples read: the chosen case, its slice, its maps and their scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from camfolio.data.slices import Slices
from camfolio.names import METHOD_NAMES
from camfolio.stages.files import read_json


@dataclass(frozen=True)
class Example:
    """One example, ready to be drawn.

    Attributes:
        case: what selection wrote: id, true, predicted, probability, rank, scores.
        hounsfield, mask: the slice (HU) and the nodule.
        spacing_mm: mm per pixel from column to column, along which the scale bar lies.
        maps: method -> map at the slice's resolution, >= 0.
        shares: method -> energy share; None where not defined.
    """

    case: dict[str, Any]
    hounsfield: np.ndarray
    mask: np.ndarray
    spacing_mm: float
    maps: dict[str, np.ndarray]
    shares: dict[str, float | None]


def load_example(slices: Path, split: Path, localisation: Path, case: dict[str, Any]) -> Example:
    """The slice of a case among the test slices, and all its maps."""
    test = np.load(split / "part.npy", allow_pickle=False) == "test"
    data = Slices.load(slices / "slices.npz").select(np.flatnonzero(test)[[case["slice"]]])
    with np.load(localisation / "scores.npz", allow_pickle=False) as scores:
        names = [name.partition("/")[2] for name in scores.files if name.startswith("enlarged/")]
        maps = {method: scores[f"enlarged/{method}"][case["slice"]] for method in names}
        found = {method: float(scores[f"energy_share/{method}"][case["slice"]]) for method in names}
    shares = {method: share if np.isfinite(share) else None for method, share in found.items()}
    _, between_columns = data.spacing[0].tolist()
    return Example(case, data.hounsfield[0], data.mask[0], between_columns, maps, shares)


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


def shares_words(shares: dict[str, float | None]) -> str:
    """All methods with their energy shares: "Grad-CAM 31%, HiRes-CAM 40%"."""
    return ", ".join(f"{METHOD_NAMES[method]} {share_words(share)}" for method, share in shares.items())
