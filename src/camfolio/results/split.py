"""`split.json`: how many slices and patients are in each part."""

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
    """How many slices and patients are in each part; an external source has a test part alone."""

    FILE: ClassVar[str] = "split.json"

    train: PartCounts | None = None
    """Slices whose labels the weights are fitted to."""
    validation: PartCounts | None = None
    """Slices by which the best epoch is chosen."""
    test: PartCounts
    """Slices held out, on which everything is measured."""

    @property
    def parts(self) -> dict[Annotated[str, Key("PART", "train, validation or test")], PartCounts]:
        """Name -> the parts that there are, in the order of their use."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: counts for name, counts in named.items() if counts}
