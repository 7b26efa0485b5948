"""`scores.npz`: scores of single test slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from camfolio.results.arrays.files import Below, below, read_arrays, write_arrays
from camfolio.results.subject import Subject
from camfolio.shapes import Curves, Labels, Scores

FILE = "scores.npz"


@dataclass(frozen=True)
class SliceScores:
    """Scores and curves of test slices; NaN where not defined.

    Attributes:
        scores: score -> subject -> one number per slice, in the score's unit; a subject may lack a score.
        chance: score -> its value for a uniform map; scores without a chance level are absent.
        curves: curve -> subject -> probability of the explained class, 0 to 1, at each step.
        chosen: True on the test slices that were scored; None if all were.
        target: class that the maps of the scored slices explain; None if scores do not depend on it.
    """

    scores: Mapping[str, Mapping[Subject, Scores]]
    chance: Mapping[str, Scores] = field(default_factory=dict)
    curves: Mapping[str, Mapping[Subject, Curves]] = field(default_factory=dict)
    chosen: Bool[np.ndarray, " test_slices"] | None = None
    target: Labels | None = None

    def of(self, score: str, subject: Subject) -> Scores:
        """One score of one subject, slice by slice."""
        return self.scores[score][subject]

    def has(self, score: str, *subjects: Subject) -> bool:
        """Whether all these subjects have a score."""
        return all(subject in self.scores.get(score, {}) for subject in subjects)

    def write(self, folder: Path) -> None:
        """Write the file: `score/SCORE/SUBJECT`, `chance/SCORE`, `curve/CURVE/SUBJECT`, `chosen`, `target`."""
        arrays = below("score", flat(self.scores)) | below("chance", self.chance) | below("curve", flat(self.curves))
        more = {"chosen": self.chosen, "target": self.target}
        write_arrays(folder / FILE, arrays | {name: array for name, array in more.items() if array is not None})

    @classmethod
    def read(cls, folder: Path) -> SliceScores:
        """Read what `write` wrote.

        Raises:
            StoreError: if the file is missing or is no npz.
        """
        arrays = read_arrays(folder / FILE)
        chance = dict(Below(arrays, "chance"))
        scores, curves = nested(Below(arrays, "score")), nested(Below(arrays, "curve"))
        return cls(scores, chance, curves, arrays.get("chosen"), arrays.get("target"))


def flat(values: Mapping[str, Mapping[Subject, np.ndarray]]) -> dict[str, np.ndarray]:
    """NAME -> subject -> array as NAME/SUBJECT -> array."""
    return {f"{name}/{subject.key}": array for name, of_name in values.items() for subject, array in of_name.items()}


def nested(values: Mapping[str, np.ndarray]) -> dict[str, dict[Subject, np.ndarray]]:
    """NAME/SUBJECT -> array as NAME -> subject -> array."""
    result: dict[str, dict[Subject, np.ndarray]] = {}
    for key, array in values.items():
        name, _, subject = key.partition("/")
        result.setdefault(name, {})[Subject.of(subject)] = array
    return result
