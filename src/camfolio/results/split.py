"""`split.json`: counts of slices and patients in each part."""

from __future__ import annotations

from typing import Annotated, ClassVar

from camfolio.results.result import Count, Key, Result, ResultFile


class PartCounts(Result):
    """The slices of one part."""

    slices: Count
    """Slices of the part."""
    patients: Count
    """Patients of these slices; none of them is in another part."""
    by_class: tuple[Count, Count]
    """Slices of the first class and of the second."""


class SplitResult(ResultFile):
    """Counts of slices and patients in each part; an external source has only a test part."""

    FILE: ClassVar[str] = "split.json"

    train: PartCounts | None = None
    """Slices on which the network is trained."""
    validation: PartCounts | None = None
    """Slices that are looked at after each epoch, and on which an epoch is chosen where weights are not averaged."""
    test: PartCounts
    """Held-out slices, on which all results are reported."""

    @property
    def parts(self) -> dict[Annotated[str, Key("PART", "train, validation or test")], PartCounts]:
        """The parts of this split by name, in the order of their use."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: counts for name, counts in named.items() if counts}
