"""`card.json`: the data card: the source's description of its data, and counts and ranges of its slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from camfolio.results.result import (
    Count,
    HounsfieldUnits,
    Key,
    Millimetres,
    Pixels,
    Result,
    ResultFile,
    Share,
    SquareMillimetres,
)

Quartiles = tuple[SquareMillimetres, SquareMillimetres, SquareMillimetres]
"""25th percentile, median, 75th percentile."""


class Step(Result):
    """One step of reading, with its count."""

    words: str
    """What was read, used or excluded."""
    count: Count
    """Number of the items that were read, used or excluded."""


class Reader(Result):
    """One reader of the LIDC annotation files."""

    reader: Count
    """Number of the reader within each file, from 1."""
    nodules: Count
    """Outlined nodules of 3 mm or more."""
    contours: Count
    """Contours on slices that are present in the data."""


class SourceCard(Result):
    """A source's description of its data, without ids and paths; fields that do not apply are empty."""

    source: str
    """Name of the source."""
    attenuation: Literal["measured", "simulated"]
    """Whether attenuation was measured by a scanner or simulated."""
    file: str = ""
    """Name of the file, for sources that are one file."""
    made_by: str = ""
    """Class or function of user code that provided the slices."""
    attribution: str = ""
    """Attribution that the data require."""
    date: str = ""
    """Date of the data."""
    nodules_known: bool = True
    """Whether it is known which slices show the same nodule; if not, every slice counts as a nodule of its own."""
    stored_spacing_mm: tuple[Millimetres, Millimetres] | None = None
    """Lowest and highest pixel spacing before resampling, for sources that resample."""
    steps: tuple[Step, ...] = ()
    """Items that were read and excluded, in the order of reading."""
    readers: tuple[Reader, ...] = ()
    """Outlined nodules and contours of every reader, where known."""
    skipped: Mapping[Annotated[str, Key("REASON", "reason in words")], Count] = {}
    """Number of unreadable items that were skipped, by reason."""
    ratings_auc: Share | None = None
    """AUC, over all nodules, of a logistic regression on the ratings from which the slices are drawn, cross-validated by
    patient; None for slices that are not drawn from ratings."""
    notes: tuple[str, ...] = ()
    """Sentences on information that the source lacks."""
    counts: Mapping[Annotated[str, Key("COUNT", "name of a count of this source")], Count] = {}
    """Further counts that the texts of this source use, by name."""
    words: Mapping[Annotated[str, Key("FIELD", "name of a field of `source`")], str | tuple[str, ...]] = {}
    """Descriptions of the data by user code, in place of the source's, by field of `source`."""


class CardResult(SourceCard, ResultFile):
    """The data card: the source's description of its data, and counts and ranges of the slices."""

    FILE: ClassVar[str] = "card.json"

    labels_are: str = ""
    """Meaning of the labels, as the author states it, else as the source does."""
    masks_are: str = ""
    """Meaning of the masks, as the author states it, else as the source does."""
    slices: Count
    """Slices of all parts."""
    nodules: Count
    """Nodules of these slices."""
    patients_used: Count
    """Patients of these slices."""
    slices_by_class: tuple[Count, Count]
    """Slices of the first class and of the second."""
    patients_by_class: tuple[Count, Count]
    """Patients with a slice of the first class, and with one of the second."""
    shape: tuple[Pixels, Pixels]
    """Rows and columns of a slice."""
    spacing_mm: tuple[Millimetres, Millimetres]
    """Lowest and highest pixel spacing."""
    hounsfield: tuple[HounsfieldUnits, HounsfieldUnits, HounsfieldUnits, HounsfieldUnits, HounsfieldUnits]
    """Attenuation of all pixels: lowest, 5th percentile, median, 95th percentile, highest."""
    area_mm2_by_class: tuple[Quartiles | None, Quartiles | None]
    """Quartiles of the nodule's area on slices of the first class and of the second; None where no slice has a mask."""
    empty_masks: Count
    """Slices with an empty mask."""
    border_masks: Count
    """Slices whose mask reaches the edge, so that a part of the nodule may be missing."""
    central_masks: Count = 0
    """Slices on which the mask's centroid is nearer to the slice's centre than the radius of a disc of the mask's area: all of
    them where slices are cut around nodules; with displaced nodules those that are too large to be moved further."""
