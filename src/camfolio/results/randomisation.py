"""`randomisation.json`: maps after weight randomisation against those of the trained network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.result import Count, Method, Millimetres, Result, ResultFile
from camfolio.results.similarity import Similarity


class ExampleSlice(Result):
    """The slice whose maps are drawn after each part."""

    id: str
    """Id of the slice."""
    spacing_mm: Millimetres
    """Distance of two columns of pixels."""


class RandomisationResult(ResultFile):
    """Maps after weight randomisation, cascading from the output, against those of the trained network."""

    FILE: ClassVar[str] = "randomisation.json"

    slices: Count
    """Slices in the sample."""
    patients: Count
    """Patients in the sample."""
    parts: tuple[str, ...]
    """The network's parts in the order of their randomisation, each together with all before it."""
    example: ExampleSlice
    """The first slice of the sample."""
    similarity: Mapping[Method, tuple[Similarity, ...]]
    """Of a method's maps with those of the trained network, after each part."""

    @property
    def all_random(self) -> Mapping[str, Similarity]:
        """Of each method's maps with those of the trained network, after all parts."""
        return {method: steps[-1] for method, steps in self.similarity.items()}
