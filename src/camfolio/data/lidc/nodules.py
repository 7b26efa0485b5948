"""From what each reader drew to nodules: drawings of different readers that overlap are one nodule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import ndimage

from camfolio.data.lidc.annotations import Annotation, enclosed, outline

ENOUGH = 0.25
"""Share of the smaller drawing that lies in the larger one, from which on two readers mean the same nodule."""
REACH = 1
"""Pixels by which a contour around nothing, a single point above all, is widened before drawings are compared."""
Voxels = frozenset[tuple[float, int, int]]


@dataclass(frozen=True, eq=False)
class Marked:
    """One reader's drawing of one nodule, its contours placed along the scan."""

    reader: int
    annotation: Annotation


def same_nodules(marked: Sequence[Marked]) -> list[list[int]]:
    """Groups of drawings that mean the same nodule, as indices in ascending order, groups by their first.

    Pairs of different readers are joined from the largest overlap down, as long as no reader would be twice in a
    nodule: two nodules that touch stay two, since a reader drew both. The overlap is the number of shared pixels over
    that of the smaller drawing, so that a cautious and a generous reader agree.
    """
    regions = [voxels(one.annotation) for one in marked]
    pairs = [
        (overlap(regions[one], regions[other]), one, other)
        for one, other in combinations(range(len(marked)), 2)
        if marked[one].reader != marked[other].reader
    ]
    group = [{i} for i in range(len(marked))]
    for share, one, other in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        together = group[one] | group[other]
        if share >= ENOUGH and len({marked[i].reader for i in together}) == len(together):
            for i in together:
                group[i] = together
    return [list(members) for members in sorted({tuple(sorted(members)) for members in group})]


def overlap(one: Voxels, other: Voxels) -> float:
    """Shared pixels over those of the smaller drawing, 0 to 1; 0 where a drawing has no inclusion."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def voxels(annotation: Annotation) -> Voxels:
    """Everything within a reader's inclusions, lines included: position along the scan, row, column."""
    found: set[tuple[float, int, int]] = set()
    for contour in annotation.contours:
        if contour.inclusion:
            origin = contour.points.min(axis=0) - 1 - REACH
            rows, columns = (contour.points.max(axis=0) - origin + 2 + REACH).tolist()
            line = outline(contour.points - origin, (rows, columns))
            inside = enclosed(line)
            region = inside | line if inside.any() else ndimage.binary_dilation(line, np.ones((3, 3)), REACH)
            found |= {(round(contour.z_mm, 2), row, column) for row, column in (np.argwhere(region) + origin).tolist()}
    return frozenset(found)
