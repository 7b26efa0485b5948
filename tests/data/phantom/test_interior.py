from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camfolio.data.phantom.render import render


def test_higher_texture_means_higher_attenuation_inside(mean_inside, plain):
    means = [mean_inside(replace(plain, texture=texture)) for texture in (1.0, 2.0, 3.0, 4.0, 5.0)]
    assert means == sorted(means)
    assert -720 < means[0] < -520
    assert -10 < means[-1] < 80


def test_a_part_solid_nodule_has_a_core_within_ground_glass(disc, coarse, plain, ids):
    looks = replace(plain, texture=3.0)
    images = np.stack([render(disc(9), looks, name) for name in ids])
    assert images[:, coarse(2.5)].mean() > -120
    assert images[:, coarse(8) & ~coarse(7)].mean() < -350


@pytest.mark.parametrize("pattern", [1, 2, 3, 4, 5])
def test_every_calcification_pattern_shows_bright_deposits(pattern, disc, coarse, plain, ids):
    inside = coarse(5)
    brightest = [render(disc(6), replace(plain, calcification=pattern), name)[inside].max() for name in ids]
    smooth = [render(disc(6), plain, name)[inside].max() for name in ids]
    assert np.mean(brightest) > np.mean(smooth) + 150


def test_central_calcium_lies_in_the_centre_and_solid_calcium_everywhere(disc, coarse, plain, ids):
    central, solid = (replace(plain, calcification=pattern) for pattern in (5, 3))
    rim = coarse(7) & ~coarse(6)
    images = {
        name: np.mean([render(disc(8), looks, i) for i in ids], 0) for name, looks in (("c", central), ("s", solid))
    }
    assert images["c"][coarse(2)].mean() > 300
    assert images["c"][rim].mean() < 120
    assert images["s"][rim].mean() > 300


@pytest.mark.parametrize(("structure", "low", "high"), [(2, -40, 30), (3, -130, -40), (4, -1000, -600)])
def test_fluid_fat_and_air_fill_the_middle(structure, low, high, *, disc, coarse, plain, ids):
    looks = replace(plain, internal_structure=structure)
    assert low < np.mean([render(disc(9), looks, name)[coarse(2)].mean() for name in ids]) < high
