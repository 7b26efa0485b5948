import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from camfolio.evidence.imputation import impute

SHAPES = st.tuples(st.integers(2, 5), st.integers(2, 5))


def slow_impute(image, removed):
    """One equation per removed pixel, solved as a dense system."""
    pixels = [tuple(pixel) for pixel in np.argwhere(removed)]
    matrix, sums = np.zeros((len(pixels), len(pixels))), np.zeros(len(pixels))
    for i, (row, column) in enumerate(pixels):
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                neighbour = (row + down, column + across)
                inside = 0 <= neighbour[0] < image.shape[0] and 0 <= neighbour[1] < image.shape[1]
                if not inside or (down, across) == (0, 0):
                    continue
                weight = 1 / 12 if down and across else 1 / 6
                matrix[i, i] += weight
                if removed[neighbour]:
                    matrix[i, pixels.index(neighbour)] -= weight
                else:
                    sums[i] += weight * image[neighbour]
    filled = image.copy()
    for pixel, value in zip(pixels, np.linalg.solve(matrix, sums), strict=True):
        filled[pixel] = value
    return filled


@settings(max_examples=80, deadline=None)
@given(data=st.data(), shape=SHAPES)
def test_imputation_equals_a_slow_twin(data, shape):
    image = data.draw(arrays.arrays(np.float64, shape, elements=st.floats(-1000, 400)))
    removed = data.draw(arrays.arrays(bool, shape).filter(lambda mask: not mask.all()))
    result = impute(image, removed, np.zeros(shape))
    np.testing.assert_allclose(result, slow_impute(image, removed), atol=1e-6)
    assert result.min() >= image.min() - 1e-6
    assert result.max() <= image.max() + 1e-6


def test_an_imputed_pixel_is_the_weighted_mean_of_its_neighbours():
    image = np.arange(9.0).reshape(3, 3) ** 2
    removed = np.zeros((3, 3), bool)
    removed[1, 1] = True
    assert impute(image, removed, np.zeros((3, 3)))[1, 1] == pytest.approx(
        (1 + 9 + 25 + 49) / 6 + (0 + 4 + 36 + 64) / 12
    )


def test_values_of_removed_pixels_play_no_part_and_others_are_kept():
    generator = np.random.default_rng(0)
    image, removed = generator.normal(size=(6, 7)), generator.random((6, 7)) < 0.4
    result = impute(image, removed, np.zeros((6, 7)))
    replaced = impute(np.where(removed, 9999.0, image), removed, np.zeros((6, 7)))
    np.testing.assert_array_equal(result, replaced)
    np.testing.assert_array_equal(result[~removed], image[~removed])


def test_a_ramp_is_restored_and_noise_is_added_to_removed_pixels_only():
    ramp = np.add.outer(np.arange(8.0), 2 * np.arange(9.0))
    removed = np.zeros((8, 9), bool)
    removed[2:6, 3:7] = True
    np.testing.assert_allclose(impute(ramp, removed, np.zeros((8, 9))), ramp, atol=1e-9)
    noisy = impute(ramp, removed, np.full((8, 9), 5.0))
    np.testing.assert_allclose(noisy - ramp, np.where(removed, 5.0, 0.0), atol=1e-9)


def test_an_image_without_a_known_pixel_cannot_be_imputed():
    with pytest.raises(ValueError, match="Expected at least one pixel that is not removed"):
        impute(np.zeros((3, 3)), np.ones((3, 3), bool), np.zeros((3, 3)))
