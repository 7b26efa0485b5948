import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from camfolio.evidence.imputation import impute

SHAPES = st.tuples(st.integers(2, 5), st.integers(2, 5))


def slow_impute(image, removed):
    """One equation per removed pixel, written out, solved as a dense system."""
    places = [tuple(place) for place in np.argwhere(removed)]
    matrix, sums = np.zeros((len(places), len(places))), np.zeros(len(places))
    for i, (row, column) in enumerate(places):
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                other = (row + down, column + across)
                inside = 0 <= other[0] < image.shape[0] and 0 <= other[1] < image.shape[1]
                if not inside or (down, across) == (0, 0):
                    continue
                weight = 1 / 12 if down and across else 1 / 6
                matrix[i, i] += weight
                if removed[other]:
                    matrix[i, places.index(other)] -= weight
                else:
                    sums[i] += weight * image[other]
    filled = image.copy()
    for place, value in zip(places, np.linalg.solve(matrix, sums), strict=True):
        filled[place] = value
    return filled


@settings(max_examples=80, deadline=None)
@given(data=st.data(), shape=SHAPES)
def test_imputed_pixels_are_those_of_a_slow_twin(data, shape):
    image = data.draw(arrays.arrays(np.float64, shape, elements=st.floats(-1000, 400)))
    removed = data.draw(arrays.arrays(bool, shape).filter(lambda mask: not mask.all()))
    found = impute(image, removed, np.zeros(shape))
    np.testing.assert_allclose(found, slow_impute(image, removed), atol=1e-6)
    assert found.min() >= image.min() - 1e-6
    assert found.max() <= image.max() + 1e-6


def test_a_pixel_is_the_mean_of_its_neighbours():
    image = np.arange(9.0).reshape(3, 3) ** 2
    removed = np.zeros((3, 3), bool)
    removed[1, 1] = True
    assert impute(image, removed, np.zeros((3, 3)))[1, 1] == pytest.approx(
        (1 + 9 + 25 + 49) / 6 + (0 + 4 + 36 + 64) / 12
    )


def test_what_stood_on_a_removed_pixel_plays_no_part_and_the_rest_stays():
    chance = np.random.default_rng(0)
    image, removed = chance.normal(size=(6, 7)), chance.random((6, 7)) < 0.4
    found = impute(image, removed, np.zeros((6, 7)))
    other = impute(np.where(removed, 9999.0, image), removed, np.zeros((6, 7)))
    np.testing.assert_array_equal(found, other)
    np.testing.assert_array_equal(found[~removed], image[~removed])


def test_a_ramp_is_continued_and_noise_comes_on_removed_pixels_alone():
    ramp = np.add.outer(np.arange(8.0), 2 * np.arange(9.0))
    removed = np.zeros((8, 9), bool)
    removed[2:6, 3:7] = True
    np.testing.assert_allclose(impute(ramp, removed, np.zeros((8, 9))), ramp, atol=1e-9)
    noisy = impute(ramp, removed, np.full((8, 9), 5.0))
    np.testing.assert_allclose(noisy - ramp, np.where(removed, 5.0, 0.0), atol=1e-9)


def test_an_image_of_which_nothing_is_left_cannot_be_imputed():
    with pytest.raises(ValueError, match="Expected at least one pixel that is left"):
        impute(np.zeros((3, 3)), np.ones((3, 3), bool), np.zeros((3, 3)))
