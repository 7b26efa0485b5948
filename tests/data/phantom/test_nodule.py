from __future__ import annotations

from dataclasses import replace

import numpy as np

from camfolio.data.phantom.render import render


def test_a_sharper_margin_gives_a_steeper_edge(disc, coarse, plain, ids):
    ring = coarse(7) & ~coarse(3)

    def steepness(margin):
        looks = replace(plain, margin=margin)
        return np.mean([np.hypot(*np.gradient(render(disc(5), looks, name)))[ring].max() for name in ids])

    assert steepness(5.0) > steepness(3.0) > steepness(1.0)


def test_spiculation_reaches_out_of_the_edge_and_leaves_the_inside_alone(disc, coarse, plain, ids):
    looks = replace(plain, spiculation=5.0)
    ring = coarse(9) & ~coarse(6)
    pairs = [(render(disc(5), looks, name), render(disc(5), plain, name)) for name in ids]
    assert np.mean([(spiked - smooth)[ring].mean() for spiked, smooth in pairs]) > 60
    assert max(abs((spiked - smooth)[coarse(2)]).max() for spiked, smooth in pairs) <= 1


def test_flat_and_subtle_nodules_are_fainter(mean_inside, plain):
    assert mean_inside(plain, 2.5, thickness_mm=5.0) < mean_inside(plain, 2.5, thickness_mm=1.0) - 50
    assert mean_inside(replace(plain, subtlety=1.0)) < mean_inside(plain) - 50
    assert mean_inside(replace(plain, sphericity=1.0), 2.5, thickness_mm=4.0) < mean_inside(
        plain, 2.5, thickness_mm=4.0
    )
