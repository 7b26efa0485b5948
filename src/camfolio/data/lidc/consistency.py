"""Slices of one series that belong together: equal copies are one; odd, unreadable and contradicting ones are refused singly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from camfolio.data.dicom import Header, read_pixels
from camfolio.data.lidc.place import located
from camfolio.errors import DataError

ALIKE = 1e-3
"""Slices of one series differ in spacing and direction by rounding only; those nearer than this (mm) are at one position."""
DIGITS = 3


@dataclass(frozen=True)
class Consistent:
    """The usable slices of a series.

    Attributes:
        headers: of one patient, size, spacing and direction, one per position, in order.
        by_identifier: identifier of a slice, also of a copy -> the slice.
        copies: number of equal copies.
        refused: a sentence per refused slice.
    """

    headers: tuple[Header, ...]
    by_identifier: Mapping[str, Header]
    copies: int
    refused: tuple[str, ...]


def consistent(headers: Sequence[Header], annotated: set[str]) -> Consistent:
    """Sort out the slices of a series.

    Args:
        headers: with the same series.
        annotated: identifiers of the slices that the annotation file names. Of different slices at one position it decides which one
            is used.
    """
    usual, odd = majority(headers)
    alike, unclear = identified(usual)
    refused = odd + unclear
    kept: dict[str, Header] = {}
    copies = 0
    for group in by_position(alike):
        equal, others = at_one_position(group, annotated)
        refused += others
        copies += max(0, len(equal) - 1)
        kept |= {header.slice: equal[0] for header in equal}
    unique = {header.path: header for header in kept.values()}
    ordered = sorted(unique.values(), key=lambda header: header.position_mm)
    return Consistent(tuple(ordered), kept, copies, tuple(refused))


def majority(headers: Sequence[Header]) -> tuple[list[Header], list[str]]:
    """The slices that agree with most others in patient, size, spacing and direction, and a sentence for each that does not."""
    keys = [
        (header.patient, header.shape, *np.round((*header.spacing_mm, *header.normal), DIGITS).tolist())
        for header in headers
    ]
    usual = headers[keys.index(Counter(keys).most_common(1)[0][0])]
    alike, refused = [], []
    for header in headers:
        apart = np.abs(np.subtract((*header.spacing_mm, *header.normal), (*usual.spacing_mm, *usual.normal))).max()
        if header.shape != usual.shape or header.patient != usual.patient or apart > ALIKE:
            sentence = (
                f"Expected one series, but {header.path.name} differs from {usual.path.name} in patient, size, spacing or "
                "direction. Leave one of them out."
            )
            refused.append(located(sentence, header, usual))
        else:
            alike.append(header)
    return alike, refused


def identified(headers: Sequence[Header]) -> tuple[list[Header], list[str]]:
    """The slices whose identifier has one position only, and a sentence for each other one."""
    first: dict[str, Header] = {}
    apart: dict[str, Header] = {}
    for header in headers:
        other = first.setdefault(header.slice, header)
        if abs(header.position_mm - other.position_mm) >= ALIKE:
            apart[header.slice] = header
    refused = [
        located(
            f"Expected an identifier of its own for every slice, but {first[header.slice].path.name} and "
            f"{apart[header.slice].path.name} share one at two positions. Leave one of them out.",
            header,
        )
        for header in headers
        if header.slice in apart
    ]
    return [header for header in headers if header.slice not in apart], refused


def by_position(headers: Sequence[Header]) -> list[list[Header]]:
    """Groups of slices at the same position, in order."""
    ordered = sorted(headers, key=lambda header: header.position_mm)
    positions = np.array([header.position_mm for header in ordered])
    group = np.cumsum(np.diff(positions, prepend=positions[:1]) >= ALIKE).tolist()
    numbered = groupby(zip(group, ordered, strict=True), key=lambda pair: pair[0])
    return [[header for _, header in members] for _, members in numbered]


def at_one_position(group: Sequence[Header], annotated: set[str]) -> tuple[list[Header], list[str]]:
    """Equal slices at one position, the one to be used first, and a sentence for each other one.

    Pixels are read only if there are several. Of different ones those are used that are annotated; if that decides nothing, none is.
    """
    if len(group) == 1:
        return list(group), []
    refused = []
    same: dict[bytes, list[Header]] = {}
    for header in sorted(group, key=lambda header: (header.slice not in annotated, header.path)):
        try:
            same.setdefault(read_pixels(header.path)[0].tobytes(), []).append(header)
        except DataError as error:
            refused.append(located(str(error), header))
    first, *others = same.values() if same else [[]]
    named = [any(header.slice in annotated for header in equal) for equal in same.values()]
    undecided = others and sum(named) != 1
    for header in (header for equal in ([first] if undecided else []) + others for header in equal):
        other = next(equal[0] for equal in same.values() if header not in equal)
        sentence = (
            f"Expected every slice at its own position, but {header.path.name} and {other.path.name} share one and differ. "
            "Leave one of them out."
        )
        refused.append(located(sentence, header))
    return [] if undecided else first, refused
