"""How far a picture is: the file holds what distances need, the threshold is a quantile, and made pictures are what they are called."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.evidence.input_check import MADE, QUANTILE, fit_familiarity, threshold

WINDOW = (-1000.0, 400.0)


@pytest.fixture(scope="module")
def activations():
    return np.random.default_rng(0).normal(size=(2, 40, 3)).astype(np.float32)


def test_the_file_gives_the_same_distances(activations, tmp_path):
    """Read as the page reads it: for each network the means of the classes, then the whitening matrix."""
    measure = fit_familiarity(activations, np.arange(40) % 2)
    measure.write(tmp_path / "check.f32")
    numbers = np.fromfile(tmp_path / "check.f32", "<f4").reshape(2, 2 * 3 + 3 * 3)
    picture = np.array([[0.5, -1.0, 3.0], [0.0, 2.0, 1.0]], np.float32)
    squared = []
    for network, of_picture in zip(numbers, picture, strict=True):
        means, whitening = network[:6].reshape(2, 3), network[6:].reshape(3, 3)
        squared.append(min(np.square(whitening @ (of_picture - mean)).sum() for mean in means))
    assert (measure.features, measure.count) == (3, 2)
    np.testing.assert_allclose(measure.distance(picture[:, None]), np.sqrt(np.mean(squared) / 3), rtol=1e-5)


def test_training_slices_are_near_and_others_far(activations):
    measure = fit_familiarity(activations, np.arange(40) % 2)
    assert measure.distance(activations).mean() == pytest.approx(1, abs=0.15)
    assert (measure.distance(activations + 10) > 5).all()


def test_the_threshold_leaves_one_validation_slice_in_a_hundred():
    distances = np.random.default_rng(0).random(1000)
    assert (distances > threshold(distances)).mean() == pytest.approx(1 - QUANTILE)


@pytest.mark.parametrize("title", MADE)
def test_made_pictures_are_float32_of_the_slices_size_and_the_same_every_time(title, tiny_slices):
    slices = tiny_slices(8, 12).hounsfield
    made = MADE[title](slices, WINDOW, 3)
    assert made.dtype == np.float32
    assert made.shape[1:] == slices.shape[1:]
    assert np.ptp(made) > 0
    np.testing.assert_array_equal(made, MADE[title](slices, WINDOW, 3))


def test_light_and_dark_are_exchanged_inside_the_window():
    slices = np.array([[[-1000.0, -300.0, 2000.0]]], np.float32)
    inverted = MADE["test slices with light and dark exchanged"](slices, WINDOW, 0)
    assert inverted.tolist() == [[[400.0, -300.0, -1000.0]]]
