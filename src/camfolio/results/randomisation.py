"""`randomisation.json`: maps after weight randomisation against those of the trained network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from camfolio.results.result import Count, MethodKey, Millimetres, Pixels, Result, ResultFile
from camfolio.results.similarity import NetworksSimilarity


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
    networks: Count
    """Networks with random weights, drawn independently."""
    parts: tuple[str, ...]
    """Parts of the network in the order of their randomisation, which is cumulative."""
    example: ExampleSlice
    """The first slice of the sample."""
    ssim_window: Pixels
    """Rows and columns of the windows in which structural similarity is taken."""
    similarity: Mapping[MethodKey, tuple[NetworksSimilarity, ...]]
    """Similarity to the trained network's maps after each part, by method; with intervals over networks and patients."""

    @property
    def all_random(self) -> Mapping[str, NetworksSimilarity]:
        """Similarity to the trained network's maps after randomisation of all parts, by method."""
        return {method: steps[-1] for method, steps in self.similarity.items()}
