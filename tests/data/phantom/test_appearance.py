from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from camfolio.data.lidc.annotations import Annotation, Contour, Nodule, Ratings
from camfolio.data.phantom.appearance import Appearance
from camfolio.data.phantom.render import render


def nodule(*ratings):
    contour = Contour(0.0, True, np.zeros(2, np.int16), np.zeros((0, 2), np.int8))
    return Nodule("P-1", 1, 1, 0.7, 2.0, tuple(Annotation(rated, (contour,)) for rated in ratings))


def test_appearance_knows_eight_ratings_and_malignancy_is_not_among_them():
    assert {field.name for field in fields(Ratings)} - {field.name for field in fields(Appearance)} == {"malignancy"}


def test_changing_malignancy_changes_no_byte(disc, ids):
    benign = [Ratings(4, 1, 6, 4, 3, 2, 2, 4, malignancy) for malignancy in (1, 2, 1)]
    malignant = [replace(rated, malignancy=5) for rated in benign]
    images = [render(disc(5), Appearance.of(nodule(*ratings)), ids[0]) for ratings in (benign, malignant)]
    assert images[0].tobytes() == images[1].tobytes()


def test_graded_ratings_are_averaged_and_coded_ones_are_voted_on():
    ratings = [Ratings(4, 1, 6, 4, 3, 2, 2, texture, 3) for texture in (5, 4, 3)]
    looks = Appearance.of(nodule(*ratings, Ratings(4, 4, 3, 4, 3, 2, 2, 2, 3)))
    assert looks.texture == 3.5
    assert (looks.calcification, looks.internal_structure) == (6, 1)


def test_a_tie_of_votes_goes_to_no_calcification():
    looks = Appearance.of(nodule(Ratings(4, 1, 3, 4, 3, 2, 2, 5, 3), Ratings(4, 1, 6, 4, 3, 2, 2, 5, 3)))
    assert looks.calcification == 6
