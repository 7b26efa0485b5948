"""Grouping of readers' annotations into nodules: overlapping ones of different readers are one nodule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import ndimage

from camfolio.data.lidc.annotations import Annotation, enclosed, outline

ENOUGH = 0.25
"""Lowest share of the smaller drawing inside the larger one at which both are of the same nodule."""
REACH = 1
"""Pixels by which a contour that encloses no pixel, such as a single point, is dilated before the comparison."""
Voxels = frozenset[tuple[float, int, int]]


@dataclass(frozen=True, eq=False)
class ReaderAnnotation:
    """One reader's annotation of one nodule, with the contours' positions along the scan."""

    reader: int
    annotation: Annotation


def same_nodules(marked: Sequence[ReaderAnnotation]) -> list[list[int]]:
    """Groups of annotations of the same nodule, as indices in ascending order, groups by their first.

    Pairs of different readers are joined in order of decreasing overlap, as long as no reader is in a group twice: two
    nodules that touch remain separate, since a reader drew both. The overlap is the number of shared pixels over that
    of the smaller drawing, so that narrow and wide outlines of the same nodule match.
    """
    regions = [voxels(drawing.annotation) for drawing in marked]
    pairs = [
        (overlap(regions[first], regions[second]), first, second)
        for first, second in combinations(range(len(marked)), 2)
        if marked[first].reader != marked[second].reader
    ]
    group = [{i} for i in range(len(marked))]
    for share, first, second in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        together = group[first] | group[second]
        if share >= ENOUGH and len({marked[i].reader for i in together}) == len(together):
            for i in together:
                group[i] = together
    return [list(members) for members in sorted({tuple(sorted(members)) for members in group})]


def overlap(first: Voxels, second: Voxels) -> float:
    """Shared pixels over those of the smaller drawing, 0 to 1; 0 where a drawing has no inclusion."""
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def voxels(annotation: Annotation) -> Voxels:
    """All voxels within a reader's inclusions, outlines included: position along the scan, row, column."""
    marked: set[tuple[float, int, int]] = set()
    for contour in annotation.contours:
        if contour.inclusion:
            origin = contour.points.min(axis=0) - 1 - REACH
            rows, columns = (contour.points.max(axis=0) - origin + 2 + REACH).tolist()
            line = outline(contour.points - origin, (rows, columns))
            inside = enclosed(line)
            region = inside | line if inside.any() else ndimage.binary_dilation(line, np.ones((3, 3)), REACH)
            marked |= {(round(contour.z_mm, 2), row, column) for row, column in (np.argwhere(region) + origin).tolist()}
    return frozenset(marked)
