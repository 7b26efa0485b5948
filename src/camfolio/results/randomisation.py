"""`randomisation.json`: maps after weight randomisation against those of the trained network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.result import Count, MethodKey, Millimetres, Result, ResultFile
from camfolio.results.similarity import Similarity


class ExampleSlice(Result):
    """The slice whose maps the figure shows after each randomised part."""

    id: str
    """Id of the slice."""
    spacing_mm: Millimetres
    """Distance between neighbouring columns of pixels."""


class RandomisationResult(ResultFile):
    """Maps after weight randomisation, cascading from the output, against those of the trained network."""

    FILE: ClassVar[str] = "randomisation.json"

    slices: Count
    """Slices in the sample."""
    patients: Count
    """Patients in the sample."""
    parts: tuple[str, ...]
    """Parts of the network in the order of their randomisation, which is cumulative."""
    example: ExampleSlice
    """The first slice of the sample."""
    similarity: Mapping[MethodKey, tuple[Similarity, ...]]
    """Similarity to the trained network's maps after each part, by method."""

    @property
    def all_random(self) -> Mapping[str, Similarity]:
        """Similarity to the trained network's maps after randomisation of all parts, by method."""
        return {method: steps[-1] for method, steps in self.similarity.items()}
