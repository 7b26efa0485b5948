from __future__ import annotations

from dataclasses import replace

import numpy as np

from camfolio.data.phantom.render import render


def test_lobulation_moves_the_edge_in_and_out(disc, coarse, plain, ids):
    looks = replace(plain, lobulation=5.0)
    ring = coarse(7) & ~coarse(5)
    changes = [(render(disc(6), looks, name) - render(disc(6), plain, name))[ring] for name in ids]
    assert np.mean([change.max() for change in changes]) > 100
    assert np.mean([change.min() for change in changes]) < -100


def test_agreement_below_one_half_everywhere_still_shows_a_nodule(disc, coarse, plain, ids):
    faint = disc(5) * np.float32(0.25)
    assert render(faint, plain, ids[0])[coarse(2)].mean() > -100


def test_one_fine_pixel_of_agreement_is_enough(plain, ids):
    agreement = np.zeros((72, 72), np.float32)
    agreement[36, 36] = 1
    assert np.isfinite(render(agreement, plain, ids[0])).all()
