"""Readers and nodules: overlapping drawings are one nodule, a reader is in it once, in any order."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from camfolio.data.lidc.annotations import Annotation, Contour, Ratings
from camfolio.data.lidc.nodules import ENOUGH, ReaderAnnotation, same_nodules
from dicom_trees import disc, ring

SIZE = (40, 40)
DISC = st.tuples(st.integers(0, 3), st.integers(8, 30), st.integers(8, 30), st.integers(1, 6), st.integers(0, 2))


def drawn(reader: int, row: int, column: int, radius: int, place: int) -> ReaderAnnotation:
    points = np.array(ring(disc(SIZE, (row, column), radius)))
    contour = Contour(float(place), True, points[0], np.diff(points, axis=0))
    return ReaderAnnotation(reader, Annotation(Ratings(1, 1, 1, 1, 1, 1, 1, 1, 1), (contour,)))


def slow_overlap(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Pixels within both outer lines over those of the smaller one, counted one by one."""
    if one[4] != other[4]:
        return 0.0
    regions = []
    for _, row, column, radius, _ in (one, other):
        inside = disc(SIZE, (row, column), radius)
        regions.append({tuple(point) for point in np.argwhere(inside)} | set(ring(inside)))
    return len(regions[0] & regions[1]) / min(map(len, regions))


@settings(deadline=None, max_examples=150)
@given(st.lists(DISC, min_size=1, max_size=7))
def test_groups_hold_every_drawing_once_and_no_reader_twice(discs):
    groups = same_nodules([drawn(*one) for one in discs])
    assert sorted(i for group in groups for i in group) == list(range(len(discs)))
    for group in groups:
        readers = [discs[i][0] for i in group]
        assert len(set(readers)) == len(readers)
        for i in group:
            assert len(group) == 1 or any(slow_overlap(discs[i], discs[j]) >= ENOUGH for j in group if j != i)


@settings(deadline=None, max_examples=150)
@given(st.lists(DISC, min_size=2, max_size=7))
def test_two_groups_with_an_overlap_could_not_be_one(discs):
    groups = same_nodules([drawn(*one) for one in discs])
    for a in groups:
        for b in groups:
            if a < b and any(slow_overlap(discs[i], discs[j]) >= ENOUGH for i in a for j in b):
                assert {discs[i][0] for i in a} & {discs[j][0] for j in b}


@settings(deadline=None, max_examples=50)
@given(st.lists(DISC, min_size=1, max_size=6, unique_by=lambda one: one[1:]), st.randoms())
def test_the_order_of_drawings_does_not_matter_where_no_overlap_is_tied(discs, chance):
    overlaps = [slow_overlap(a, b) for i, a in enumerate(discs) for b in discs[:i] if a[0] != b[0]]
    if len(set(overlaps) - {0.0}) < len([one for one in overlaps if one]):
        return
    order = list(range(len(discs)))
    chance.shuffle(order)
    straight = {frozenset(group) for group in same_nodules([drawn(*one) for one in discs])}
    turned = same_nodules([drawn(*discs[i]) for i in order])
    assert {frozenset(order[i] for i in group) for group in turned} == straight


def test_a_cautious_and_a_generous_reader_agree():
    assert same_nodules([drawn(0, 20, 20, 2, 1), drawn(1, 22, 20, 6, 1)]) == [[0, 1]]


def test_who_drew_both_keeps_two_neighbours_apart():
    left, right = (20, 14, 5, 1), (20, 24, 5, 1)
    assert same_nodules([drawn(0, *left), drawn(0, *right), drawn(1, *left), drawn(1, *right)]) == [[0, 2], [1, 3]]
