from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy import ndimage

from camfolio.data import phantom
from camfolio.data.annotations import Annotation, Contour, Nodule, Ratings
from camfolio.data.phantom import Appearance, Grid, Shape, fine_grid, render
from camfolio.errors import DataError

PLAIN = Appearance(
    subtlety=5.0,
    internal_structure=1,
    calcification=6,
    sphericity=5.0,
    margin=5.0,
    lobulation=1.0,
    spiculation=1.0,
    texture=5.0,
)
IDS = [f"LIDC-IDRI-{patient:04d}-n01-s1" for patient in range(1, 13)]


def disc(radius_mm, size=32, spacing_mm=1.0):
    """Agreement of a round nodule in the middle, on the fine grid."""
    grid = Grid.around(size, spacing_mm)
    return (np.hypot(grid.y, grid.x) <= radius_mm).astype(np.float32)


def coarse(radius_mm, size=32):
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    return np.hypot(rows, columns) <= radius_mm


def mean_inside(appearance, radius_mm=5.0, **options):
    """Mean HU of the disc over several scans."""
    inside = coarse(radius_mm - 1.0)
    return np.mean([render(disc(radius_mm), appearance, name, **options)[inside].mean() for name in IDS])


def nodule(*ratings):
    contour = Contour(0.0, True, np.zeros(2, np.int16), np.zeros((0, 2), np.int8))
    return Nodule("P-1", 1, 1, 0.7, 2.0, tuple(Annotation(rated, (contour,)) for rated in ratings))


def test_a_slice_is_whole_hounsfield_units_of_the_wanted_size():
    image = render(disc(5), PLAIN, IDS[0])
    assert image.shape == (32, 32)
    assert image.dtype == np.float32
    assert image.min() >= -1024
    assert image.max() <= 1500
    np.testing.assert_array_equal(image, image.round())


@pytest.mark.parametrize(("size", "spacing_mm"), [(16, 2.0), (24, 0.7), (64, 1.0)])
def test_size_and_spacing_are_free(size, spacing_mm):
    image = render(disc(5, size, spacing_mm), PLAIN, IDS[0], spacing_mm=spacing_mm)
    assert image.shape == (size, size)
    assert image[size // 2, size // 2] > -150


def test_the_same_id_and_seed_give_the_same_bytes():
    assert render(disc(5), PLAIN, IDS[0], seed=3).tobytes() == render(disc(5), PLAIN, IDS[0], seed=3).tobytes()


def test_another_seed_or_another_slice_gives_another_image():
    images = [render(disc(5), PLAIN, name, seed=seed) for name, seed in ((IDS[0], 0), (IDS[0], 1), (IDS[1], 0))]
    assert not np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_the_order_of_rendering_does_not_matter():
    forth = [render(disc(4), PLAIN, name) for name in IDS[:3]]
    back = [render(disc(4), PLAIN, name) for name in IDS[2::-1]]
    np.testing.assert_array_equal(forth, back[::-1])


def test_appearance_knows_eight_ratings_and_malignancy_is_not_among_them():
    assert {field.name for field in fields(Ratings)} - {field.name for field in fields(Appearance)} == {"malignancy"}


def test_changing_malignancy_changes_no_byte():
    benign = [Ratings(4, 1, 6, 4, 3, 2, 2, 4, malignancy) for malignancy in (1, 2, 1)]
    malignant = [replace(rated, malignancy=5) for rated in benign]
    images = [render(disc(5), Appearance.of(nodule(*ratings)), IDS[0]) for ratings in (benign, malignant)]
    assert images[0].tobytes() == images[1].tobytes()


def test_graded_ratings_are_averaged_and_coded_ones_are_voted_on():
    ratings = [Ratings(4, 1, 6, 4, 3, 2, 2, texture, 3) for texture in (5, 4, 3)]
    looks = Appearance.of(nodule(*ratings, Ratings(4, 4, 3, 4, 3, 2, 2, 2, 3)))
    assert looks.texture == 3.5
    assert (looks.calcification, looks.internal_structure) == (6, 1)


def test_a_tie_of_votes_goes_to_no_calcification():
    looks = Appearance.of(nodule(Ratings(4, 1, 3, 4, 3, 2, 2, 5, 3), Ratings(4, 1, 6, 4, 3, 2, 2, 5, 3)))
    assert looks.calcification == 6


def test_lung_is_as_dark_as_lung_and_a_solid_nodule_as_bright_as_tissue():
    images = np.stack([render(disc(5), PLAIN, name) for name in IDS])
    assert -900 < np.median(images[:, ~coarse(8)]) < -780
    assert 0 < images[:, coarse(3)].mean() < 80


def test_higher_texture_means_higher_attenuation_inside():
    means = [mean_inside(replace(PLAIN, texture=texture)) for texture in (1.0, 2.0, 3.0, 4.0, 5.0)]
    assert means == sorted(means)
    assert -720 < means[0] < -520
    assert -10 < means[-1] < 80


def test_a_part_solid_nodule_has_a_core_within_ground_glass():
    looks = replace(PLAIN, texture=3.0)
    images = np.stack([render(disc(9), looks, name) for name in IDS])
    assert images[:, coarse(2.5)].mean() > -120
    assert images[:, coarse(8) & ~coarse(7)].mean() < -350


def test_a_sharper_margin_gives_a_steeper_edge():
    ring = coarse(7) & ~coarse(3)

    def steepness(margin):
        looks = replace(PLAIN, margin=margin)
        return np.mean([np.hypot(*np.gradient(render(disc(5), looks, name)))[ring].max() for name in IDS])

    assert steepness(5.0) > steepness(3.0) > steepness(1.0)


@pytest.mark.parametrize("pattern", [1, 2, 3, 4, 5])
def test_every_calcification_pattern_shows_bright_deposits(pattern):
    inside = coarse(5)
    brightest = [render(disc(6), replace(PLAIN, calcification=pattern), name)[inside].max() for name in IDS]
    plain = [render(disc(6), PLAIN, name)[inside].max() for name in IDS]
    assert np.mean(brightest) > np.mean(plain) + 150


def test_central_calcium_lies_in_the_centre_and_solid_calcium_everywhere():
    central, solid = (replace(PLAIN, calcification=pattern) for pattern in (5, 3))
    rim = coarse(7) & ~coarse(6)
    images = {
        name: np.mean([render(disc(8), looks, i) for i in IDS], 0) for name, looks in (("c", central), ("s", solid))
    }
    assert images["c"][coarse(2)].mean() > 300
    assert images["c"][rim].mean() < 120
    assert images["s"][rim].mean() > 300


@pytest.mark.parametrize(("structure", "low", "high"), [(2, -40, 30), (3, -130, -40), (4, -1000, -600)])
def test_fluid_fat_and_air_fill_the_middle(structure, low, high):
    looks = replace(PLAIN, internal_structure=structure)
    assert low < np.mean([render(disc(9), looks, name)[coarse(2)].mean() for name in IDS]) < high


def test_spiculation_reaches_out_of_the_edge_and_leaves_the_inside_alone():
    looks = replace(PLAIN, spiculation=5.0)
    ring = coarse(9) & ~coarse(6)
    pairs = [(render(disc(5), looks, name), render(disc(5), PLAIN, name)) for name in IDS]
    assert np.mean([(spiked - smooth)[ring].mean() for spiked, smooth in pairs]) > 60
    assert max(abs((spiked - smooth)[coarse(2)]).max() for spiked, smooth in pairs) <= 1


def test_lobulation_moves_the_edge_in_and_out():
    looks = replace(PLAIN, lobulation=5.0)
    ring = coarse(7) & ~coarse(5)
    changes = [(render(disc(6), looks, name) - render(disc(6), PLAIN, name))[ring] for name in IDS]
    assert np.mean([change.max() for change in changes]) > 100
    assert np.mean([change.min() for change in changes]) < -100


def test_flat_and_subtle_nodules_are_fainter():
    assert mean_inside(PLAIN, 2.5, thickness_mm=5.0) < mean_inside(PLAIN, 2.5, thickness_mm=1.0) - 50
    assert mean_inside(replace(PLAIN, subtlety=1.0)) < mean_inside(PLAIN) - 50
    assert mean_inside(replace(PLAIN, sphericity=1.0), 2.5, thickness_mm=4.0) < mean_inside(
        PLAIN, 2.5, thickness_mm=4.0
    )


def test_about_a_fifth_of_the_nodules_lie_near_the_chest_wall_and_none_is_erased():
    shape, grid = Shape.of(disc(5).astype(np.float64), Grid.around(32, 1.0)), Grid.around(32, 1.0)
    lung = np.full_like(grid.y, -850.0)
    walled = [phantom.with_wall(lung, grid, shape, phantom.generator(0, f"{n}/wall")) > -400 for n in range(300)]
    assert 0.15 < np.mean([wall.any() for wall in walled]) < 0.28
    assert max(wall[shape.depth > 2].max() for wall in walled) == 0


def test_slices_of_a_nodule_share_its_chest_wall():
    grid = Grid.around(32, 1.0)
    near = next(n for n in range(50) if phantom.generator(0, f"P-n{n:02d}/wall").random() < 0.1)
    one, two = (render(disc(3), PLAIN, f"P-n{near:02d}-s{rank}") > -400 for rank in (1, 2))
    assert grid.reach == 17.75
    assert (one & two).sum() > 0.8 * min(one.sum(), two.sum())
    assert (one & two).sum() > 100


def test_noise_lies_between_15_and_35_hu_and_belongs_to_the_scan():
    scans = [phantom.Scan.drawn(phantom.generator(0, name)) for name in IDS]
    assert all(15 <= scan.noise <= 35 for scan in scans)
    assert len({scan.noise for scan in scans}) == len(scans)
    noise = phantom.quantum_noise(64, scans[0], np.random.default_rng(0))
    assert noise.std() == pytest.approx(scans[0].noise)


def test_the_nodule_stands_where_the_readers_drew_it():
    grid = Grid.around(32, 1.0)
    aside = (np.hypot(grid.y - 6, grid.x + 4) <= 4).astype(np.float32)
    mean = np.mean([render(aside, PLAIN, name) for name in IDS], 0)
    row, column = ndimage.center_of_mass((mean > -350) & (np.hypot(*(np.indices((32, 32)) - 15.5)) < 14))
    assert row - 15.5 == pytest.approx(6, abs=1)
    assert column - 15.5 == pytest.approx(-4, abs=1)


def test_agreement_below_one_half_everywhere_still_shows_a_nodule():
    faint = disc(5) * np.float32(0.25)
    assert render(faint, PLAIN, IDS[0])[coarse(2)].mean() > -100


def test_one_fine_pixel_of_agreement_is_enough():
    agreement = np.zeros((72, 72), np.float32)
    agreement[36, 36] = 1
    assert np.isfinite(render(agreement, PLAIN, IDS[0])).all()


def test_an_agreement_of_zero_is_refused():
    with pytest.raises(DataError, match=r"Expected a nodule on slice a-n1-s1, but got an agreement of 0 everywhere\."):
        render(np.zeros((72, 72), np.float32), PLAIN, "a-n1-s1")


def test_the_fine_grid_fits_the_slice():
    size, spacing = fine_grid(20, 0.8)
    assert (size, spacing) == (48, 0.4)
    assert Grid.around(20, 0.8).y.shape == (size, size)
