"""LIDC's annotation files: contours and ratings of up to four readers on the slices of one series.

The format is that of the collection's documentation (Armato et al. 2011, Medical Physics 38:915-931): a reading session
per reader, in it nodules of 3 mm and more with contours and nine ratings, smaller nodules and non-nodules with a point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse
from jaxtyping import Int

from camfolio.data.lidc.annotations import Ratings
from camfolio.errors import DataError

ROOT = "LidcReadMessage"
CHEST_X_RAY = "IdriReadMessage"
LARGEST_BYTES = 64 << 20
FARTHEST_PIXEL = 1 << 14
RATINGS = (
    "subtlety",
    "internalStructure",
    "calcification",
    "sphericity",
    "margin",
    "lobulation",
    "spiculation",
    "texture",
    "malignancy",
)
"""Names in the file, in the order of `Ratings`."""
HIGHEST = {"internalStructure": 5, "calcification": 6}
"""Highest rating of a characteristic, where it is not 5; the lowest is 1. Of internal structure 4 is the highest that is defined, but a reader
of the collection once wrote 5.
"""


@dataclass(frozen=True, eq=False)
class Outline:
    """One contour as stored.

    Attributes:
        slice: identifier of the DICOM slice on which it was drawn.
        inclusion: False if it encloses a hole.
        points: row and column, in the order drawn.
    """

    slice: str
    inclusion: bool
    points: Int[np.ndarray, "points 2"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """One reader's drawing of a nodule of 3 mm or more; readers are numbered from 1 in the order of the file."""

    reader: int
    ratings: Ratings
    outlines: tuple[Outline, ...]


@dataclass(frozen=True, eq=False)
class Report:
    """One annotation file.

    Attributes:
        path: the file.
        readers: how many reading sessions.
        drawn: nodules of 3 mm and more, those of the first reader first.
        smaller: marks of smaller nodules.
        others: marks of non-nodules.
    """

    path: Path
    readers: int
    drawn: tuple[Drawn, ...]
    smaller: int
    others: int

    @property
    def slices(self) -> set[str]:
        """Identifiers of all slices with a contour."""
        return {outline.slice for drawn in self.drawn for outline in drawn.outlines}


@dataclass(frozen=True)
class ChestXray:
    """An annotation file of the collection's chest radiographs, which have no slices."""

    path: Path


def read_report(path: Path) -> Report | ChestXray | None:
    """Read an annotation file; None for XML that is not LIDC's.

    Raises:
        DataError: for a file that is not XML, contains entities, or lacks elements of LIDC's files.
    """
    root = read_root(path)
    kind = root.tag.rpartition("}")[2]
    if kind == CHEST_X_RAY:
        return ChestXray(path)
    if kind != ROOT:
        return None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # the namespace varies between files
    sessions = root.findall("readingSession")
    try:
        return Report(
            path=path,
            readers=len(sessions),
            drawn=tuple(drawn for i, session in enumerate(sessions, start=1) for drawn in drawn_by(i, session)),
            smaller=sum(not is_large(nodule) for nodule in root.iter("unblindedReadNodule")),
            others=len(list(root.iter("nonNodule"))),
        )
    except ValueError as error:
        msg = f"Expected an annotation file of LIDC, but {path.name} has no {error}. Get it again, or leave it out."
        raise DataError(msg) from None


def read_root(path: Path) -> Element:
    """The root element; entities, external or nested, are refused before they are resolved.

    Raises:
        DataError: for a file that is not XML, or larger than LIDC's files.
    """
    if path.stat().st_size > LARGEST_BYTES:
        msg = f"Expected an annotation file below {LARGEST_BYTES >> 20} MiB, but {path.name} is larger. Leave it out."
        raise DataError(msg)
    try:
        root = parse(path, forbid_dtd=True).getroot()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        reason = "entities" if isinstance(error, DefusedXmlException) else "a syntax error"
        where = f", line {error.position[0]}" if isinstance(error, ParseError) else ""
        msg = f"Expected XML, but got {reason}: {path.name}{where}. Get it again, or leave it out."
        raise DataError(msg) from None
    if root is None:
        msg = f"Expected XML, but {path.name} is empty. Get it again, or leave it out."
        raise DataError(msg)
    return root


def is_large(nodule: Element) -> bool:
    """Whether a nodule has ratings, which only those of 3 mm and more have."""
    return nodule.findtext("characteristics/malignancy") is not None


def drawn_by(reader: int, session: Element) -> Iterator[Drawn]:
    """The nodules of 3 mm and more of one reading session.

    Raises:
        ValueError: naming the element that is missing or not a number.
    """
    for nodule in session.findall("unblindedReadNodule"):
        outlines = tuple(outline_of(roi) for roi in nodule.findall("roi"))
        if is_large(nodule) and outlines:
            yield Drawn(reader, Ratings(*(rating(nodule, name) for name in RATINGS)), outlines)


def rating(nodule: Element, name: str) -> int:
    """One characteristic of a nodule.

    Raises:
        ValueError: if it is missing, not a number, or not in its published range.
    """
    value, highest = whole(nodule, f"characteristics/{name}"), HIGHEST.get(name, 5)
    if not 1 <= value <= highest:
        msg = f"{name} from 1 to {highest}, but {value:g}"
        raise ValueError(msg)
    return value


def outline_of(roi: Element) -> Outline:
    """One contour.

    Raises:
        ValueError: naming the element that is missing or not a number.
    """
    points = [(whole(edge, "yCoord"), whole(edge, "xCoord")) for edge in roi.findall("edgeMap")]
    named = (roi.findtext("imageSOP_UID") or "").strip()
    if not named or not points:
        raise ValueError("imageSOP_UID" if points else "edgeMap")
    if max(max(point) for point in points) > FARTHEST_PIXEL or min(min(point) for point in points) < 0:
        msg = "coordinates on a slice"
        raise ValueError(msg)
    inclusion = (roi.findtext("inclusion") or "TRUE").strip().upper() != "FALSE"
    return Outline(named, inclusion, np.array(points, np.int64))


def whole(element: Element, name: str) -> int:
    """An integer from an element.

    Raises:
        ValueError: with the element's name, if it is missing or not a number.
    """
    try:
        value = float(element.findtext(name) or "")
    except ValueError:
        value = math.nan
    if not value.is_integer():
        msg = f"whole number in {name}"
        raise ValueError(msg)
    return int(value)
