"""`card.json`: the data card, what a source's reader says of it and counts and ranges of its slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from camfolio.results.result import (
    Count,
    Hounsfield,
    Key,
    Millimetres,
    Pixels,
    Result,
    ResultFile,
    SquareMillimetres,
)

Quartiles = tuple[SquareMillimetres, SquareMillimetres, SquareMillimetres]
"""25th percentile, median, 75th percentile."""


class Step(Result):
    """One step of reading, with how many there were."""

    words: str
    """What was read, used or excluded."""
    count: Count
    """How many."""


class Reader(Result):
    """One reader of a LIDC annotation file."""

    reader: Count
    """Number of the reader, from 1, in each file anew."""
    nodules: Count
    """Drawings of nodules of 3 mm and more."""
    contours: Count
    """Contours on slices that are there."""


class SourceCard(Result):
    """What a source's reader says of its data, without ids and paths; what it does not know stays empty."""

    source: str
    """Name of the source."""
    attenuation: Literal["measured", "simulated"]
    """Whether grey values come from a scanner or were rendered."""
    file: str = ""
    """Name of the file that was read, of sources that are one file."""
    made_by: str = ""
    """Class or function of user code that made the slices."""
    attribution: str = ""
    """Whom to name for the data."""
    date: str = ""
    """Date of the data."""
    stored_spacing_mm: tuple[Millimetres, Millimetres] | None = None
    """Lowest and highest pixel spacing before resampling, of sources that resample."""
    steps: tuple[Step, ...] = ()
    """What was read and excluded, in the order of reading."""
    readers: tuple[Reader, ...] = ()
    """Drawings of every reader, where they are known."""
    skipped: Mapping[Annotated[str, Key("REASON", "reason in words")], Count] = {}
    """What could not be read and was skipped, by its reason."""
    notes: tuple[str, ...] = ()
    """Sentences on what the source does not tell."""
    counts: Mapping[Annotated[str, Key("COUNT", "name of a count of this source")], Count] = {}
    """Further counts that the words of this source use, by name."""
    words: Mapping[Annotated[str, Key("FIELD", "name of a field of `source`")], str | tuple[str, ...]] = {}
    """What user code says of its data in place of the source's words, by field of `source`."""


class CardResult(SourceCard, ResultFile):
    """The data card: what the source's reader says, and counts and ranges of the slices."""

    FILE: ClassVar[str] = "card.json"

    labels_are: str = ""
    """What the labels are: the author's words, else the source's."""
    masks_are: str = ""
    """What the masks are: the author's words, else the source's."""
    slices: Count
    """Slices of all parts."""
    patients_used: Count
    """Patients of these slices."""
    slices_by_class: tuple[Count, Count]
    """Slices of the first class and of the second."""
    patients_by_class: tuple[Count, Count]
    """Patients with a slice of the first class, and of the second."""
    shape: tuple[Pixels, Pixels]
    """Rows and columns of a slice."""
    spacing_mm: tuple[Millimetres, Millimetres]
    """Lowest and highest pixel spacing."""
    hounsfield: tuple[Hounsfield, Hounsfield, Hounsfield, Hounsfield, Hounsfield]
    """Attenuation of all pixels: lowest, 5th percentile, median, 95th percentile, highest."""
    area_mm2_by_class: tuple[Quartiles | None, Quartiles | None]
    """Quartiles of the nodule's area on slices of the first class and of the second; None where no slice has a mask."""
    empty_masks: Count
    """Slices without a mask."""
    border_masks: Count
    """Slices whose mask reaches the edge, so that a part of the nodule may be missing."""
