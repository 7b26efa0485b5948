from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from camfolio.data.phantom.grid import Grid
from camfolio.data.phantom.render import generator, render
from camfolio.errors import DataError


def test_a_slice_is_whole_hounsfield_units_of_the_wanted_size(disc, plain, ids):
    image = render(disc(5), plain, ids[0])
    assert image.shape == (32, 32)
    assert image.dtype == np.float32
    assert image.min() >= -1024
    assert image.max() <= 1500
    np.testing.assert_array_equal(image, image.round())


@pytest.mark.parametrize(("size", "spacing_mm"), [(16, 2.0), (24, 0.7), (64, 1.0)])
def test_size_and_spacing_are_free(size, spacing_mm, disc, plain, ids):
    image = render(disc(5, size, spacing_mm), plain, ids[0], spacing_mm=spacing_mm)
    assert image.shape == (size, size)
    assert image[size // 2, size // 2] > -150


def test_the_same_id_and_seed_give_the_same_bytes(disc, plain, ids):
    assert render(disc(5), plain, ids[0], seed=3).tobytes() == render(disc(5), plain, ids[0], seed=3).tobytes()


def test_another_seed_or_another_slice_gives_another_image(disc, plain, ids):
    images = [render(disc(5), plain, name, seed=seed) for name, seed in ((ids[0], 0), (ids[0], 1), (ids[1], 0))]
    assert not np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_the_order_of_rendering_does_not_matter(disc, plain, ids):
    forth = [render(disc(4), plain, name) for name in ids[:3]]
    back = [render(disc(4), plain, name) for name in ids[2::-1]]
    np.testing.assert_array_equal(forth, back[::-1])


def test_slices_of_a_nodule_share_its_chest_wall(disc, plain):
    grid = Grid.around(32, 1.0)
    near = next(n for n in range(50) if generator(0, f"P-n{n:02d}/wall").random() < 0.1)
    one, two = (render(disc(3), plain, f"P-n{near:02d}-s{rank}") > -400 for rank in (1, 2))
    assert grid.reach == 17.75
    assert (one & two).sum() > 0.8 * min(one.sum(), two.sum())
    assert (one & two).sum() > 100


def test_lung_is_as_dark_as_lung_and_a_solid_nodule_as_bright_as_tissue(disc, coarse, plain, ids):
    images = np.stack([render(disc(5), plain, name) for name in ids])
    assert -900 < np.median(images[:, ~coarse(8)]) < -780
    assert 0 < images[:, coarse(3)].mean() < 80


def test_the_nodule_stands_where_the_readers_drew_it(plain, ids):
    grid = Grid.around(32, 1.0)
    aside = (np.hypot(grid.y - 6, grid.x + 4) <= 4).astype(np.float32)
    mean = np.mean([render(aside, plain, name) for name in ids], 0)
    row, column = ndimage.center_of_mass((mean > -350) & (np.hypot(*(np.indices((32, 32)) - 15.5)) < 14))
    assert row - 15.5 == pytest.approx(6, abs=1)
    assert column - 15.5 == pytest.approx(-4, abs=1)


def test_an_agreement_of_zero_is_refused(plain):
    with pytest.raises(DataError, match=r"Expected a nodule on slice a-n1-s1, but got an agreement of 0 everywhere\."):
        render(np.zeros((72, 72), np.float32), plain, "a-n1-s1")


@pytest.mark.parametrize("displacement", [(9, -7), (-3, 12), (0, -11), (13, 13)])
def test_a_displaced_slice_is_the_same_picture_shifted(displacement, disc, plain, ids):
    down, right = displacement
    varied = {"texture": 2.5, "spiculation": 3.0, "lobulation": 4.0, "margin": 3.0}
    here, there = slice(max(0, -down), 32 - max(0, down)), slice(max(0, down), 32 - max(0, -down))
    left, aside = slice(max(0, -right), 32 - max(0, right)), slice(max(0, right), 32 - max(0, -right))
    for number, name in enumerate(ids):
        looks = replace(plain, **varied, calcification=1 + number % 6, internal_structure=1 + number % 4)
        centred, displaced = (render(disc(4), looks, name, displacement=by) for by in ((0, 0), displacement))
        np.testing.assert_allclose(displaced[there, aside], centred[here, left], atol=1)
