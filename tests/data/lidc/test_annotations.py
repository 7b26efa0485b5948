from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from camfolio.data.lidc import annotations
from camfolio.data.lidc.annotations import (
    Annotation,
    Contour,
    Nodule,
    Ratings,
    agreement,
    enclosed,
    marked,
    native_agreement,
    outline,
)
from camfolio.errors import DataError

DIAMOND = [(1, 3), (2, 2), (3, 1), (4, 2), (5, 3), (4, 4), (3, 5), (2, 4), (1, 3)]
INSIDE_DIAMOND = {(2, 3), (3, 2), (3, 3), (3, 4), (4, 3)}
ORIGIN = np.zeros(2, np.int64)


def contour(points, *, inclusion=True, z_mm=0.0):
    array = np.array(points)
    return Contour(z_mm, inclusion, array[0].astype(np.int16), np.diff(array, axis=0).astype(np.int8))


def square(first, last, **options):
    """A square whose outline runs through these rows and columns."""
    return contour([(first, first), (first, last), (last, last), (last, first), (first, first)], **options)


def annotation(*contours, malignancy=3):
    return Annotation(Ratings(4, 1, 6, 4, 4, 1, 1, 5, malignancy), contours)


def nodule(*readers, spacing_mm=1.0):
    return Nodule("P-1", 1, 2, spacing_mm, 2.0, readers)


def pixels(mask):
    return {tuple(place) for place in np.argwhere(mask).tolist()}


@pytest.fixture(scope="module")
def nodules():
    return annotations.read_nodules()


def test_points_are_the_start_and_the_sums_of_the_steps():
    assert contour(DIAMOND).points.tolist() == [list(point) for point in DIAMOND]


def test_a_diamond_encloses_the_five_pixels_counted_by_hand():
    assert pixels(marked([contour(DIAMOND)], ORIGIN, (7, 7))) == INSIDE_DIAMOND


def test_the_origin_shifts_what_is_marked():
    moved = marked([contour(DIAMOND)], np.array([1, 1]) - 1, (7, 7))
    assert pixels(marked([contour([(r + 10, c + 20) for r, c in DIAMOND])], np.array([10, 20]), (7, 7))) == pixels(
        moved
    )


def test_an_open_contour_is_closed_by_a_line():
    assert pixels(marked([contour(DIAMOND[:-2])], ORIGIN, (7, 7))) == INSIDE_DIAMOND


def test_gaps_between_points_are_bridged_along_a_line():
    line = outline(np.array([[1, 1], [1, 4], [4, 4], [4, 1]]), (6, 6))
    assert line.sum() == 12
    assert pixels(enclosed(line)) == {(2, 2), (2, 3), (3, 2), (3, 3)}


def test_a_hole_takes_its_outline_with_it():
    ring = marked([square(1, 9), square(3, 7, inclusion=False)], ORIGIN, (11, 11))
    expected = np.zeros((11, 11), bool)
    expected[2:9, 2:9] = True
    expected[3:8, 3:8] = False
    np.testing.assert_array_equal(ring, expected)


def test_a_hole_wins_in_whatever_order_it_was_drawn():
    contours = [square(1, 9), square(3, 7, inclusion=False)]
    np.testing.assert_array_equal(*(marked(order, ORIGIN, (11, 11)) for order in (contours, contours[::-1])))


@pytest.mark.parametrize("points", [[(2, 3)], [(2, 3), (2, 4)], [(2, 3), (2, 4), (3, 3), (2, 3)]])
def test_a_contour_that_encloses_nothing_marks_its_own_pixels(points):
    assert pixels(marked([contour(points)], ORIGIN, (6, 6))) == set(points)


def test_no_contours_mark_nothing():
    assert not marked([], ORIGIN, (4, 4)).any()


def test_agreement_is_the_mean_over_all_readers_also_those_who_drew_nothing_there():
    drawn = annotation(square(10, 16))
    absent = annotation(square(10, 16, z_mm=9.0))
    share = agreement(nodule(drawn, drawn, drawn, absent), 0.0, 11, 1.0)
    assert share.dtype == np.float32
    assert share.max() == share[5, 5] == 0.75
    assert pixels(share >= 0.375) == {(row, column) for row in range(3, 8) for column in range(3, 8)}


def test_a_pixel_on_the_edge_averages_two_samples_a_quarter_pixel_to_either_side():
    share = agreement(nodule(annotation(square(10, 16))), 0.0, 11, 1.0)
    assert share[5, 3] == (1 + 0.75) / 2
    assert share[3, 3] == ((1 + 0.75) / 2) ** 2
    assert share[5, 2] == (0.25 + 0) / 2


def test_readers_who_disagree_give_the_shares_counted_by_hand():
    share = native_agreement(nodule(annotation(square(10, 16)), annotation(square(11, 15))), 0.0)
    assert share.shape == (9, 9)
    assert (share == 1).sum() == 9
    assert (share == 0.5).sum() == 16
    assert (share == 0).sum() == 81 - 25


def test_the_area_in_mm2_is_kept_at_another_spacing():
    share = agreement(nodule(annotation(square(10, 50)), spacing_mm=0.5), 0.0, 32, 1.0)
    assert share.sum() == pytest.approx(39**2 * 0.25, rel=0.01)


def test_the_centroid_of_the_consensus_lies_in_the_middle_of_the_grid():
    outlier = annotation(square(10, 16), contour([(40, 40)]))
    share = agreement(nodule(annotation(square(10, 16)), outlier, annotation(square(10, 16))), 0.0, 32, 1.0)
    rows, columns = np.nonzero(share >= 0.5)
    assert rows.mean() == pytest.approx(15.5, abs=0.5)
    assert columns.mean() == pytest.approx(15.5, abs=0.5)


def test_a_slice_that_nobody_drew_is_refused():
    with pytest.raises(DataError, match=r"Expected a contour of P-1-n02 at 7 mm, but got none\. Use one of"):
        agreement(nodule(annotation(square(1, 5))), 7.0, 8, 1.0)


def test_consensus_positions_are_those_drawn_by_half_of_the_readers():
    one = annotation(*(square(1, 5, z_mm=z) for z in (3.0, 1.0, 2.0)))
    two = annotation(square(1, 5, z_mm=2.0))
    three = annotation(square(1, 5, z_mm=2.0), square(2, 4, z_mm=3.0))
    assert nodule(one, two, three).consensus_positions() == [2.0, 3.0]
    assert nodule(one, two).consensus_positions() == [1.0, 2.0, 3.0]


def test_the_file_holds_every_annotation_of_lidc(nodules):
    drawn = [annotation for nodule in nodules for annotation in nodule.annotations]
    assert len(drawn) == 6859
    assert sum(len(annotation.contours) for annotation in drawn) == 41406
    assert len({nodule.patient for nodule in nodules}) == 875
    assert len({(nodule.patient, nodule.scan) for nodule in nodules}) == 883


def test_no_nodule_has_more_readers_than_lidc_had(nodules):
    assert Counter(nodule.readers for nodule in nodules) == {1: 780, 2: 492, 3: 485, 4: 910}


def test_a_known_nodule_has_its_ratings_and_contours(nodules):
    first = nodules[0]
    assert first.id == "LIDC-IDRI-0001-n01"
    assert first.rated("malignancy") == [5, 5, 5, 4]
    assert first.consensus_positions() == [-125.0, -122.5, -120.0, -117.5, -115.0, -112.5, -110.0, -107.5]
    assert (first.spacing_mm, first.thickness_mm) == (0.703125, 2.5)


def test_ids_are_unique_and_in_order(nodules):
    ids = [nodule.id for nodule in nodules]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)


def test_ratings_keep_to_the_coding(nodules):
    for name, highest in {"texture": 5, "malignancy": 5, "calcification": 6, "internal_structure": 5}.items():
        values = {value for nodule in nodules for value in nodule.rated(name)}
        assert (min(values), max(values)) == (1, highest)


def test_every_reader_marks_something_on_every_slice_with_an_inclusion(nodules):
    for nodule in nodules[:40]:
        for z in nodule.consensus_positions():
            assert agreement(nodule, z, 64, 1.0).max() > 0
