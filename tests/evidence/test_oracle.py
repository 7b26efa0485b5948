"""The true mask at the resolution of a layer: block means where cells are blocks, and where the enlargement puts them else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from camfolio.evidence.localisation import LOCALISATION, Truth
from camfolio.evidence.oracle import mask_at_cells
from camfolio.explanation.maps import enlarge
from camfolio.results.arrays.maps import LayerMaps
from camfolio.stages.inputs import subjects

MASKS = np.random.default_rng(0).random((3, 8, 8)) < 0.4


def oracle(monkeypatch, shape, masks=MASKS, first=0.5):
    """The oracle's maps for a layer of this shape, whose first cell lies at this share of a cell."""
    maps = {"grad_cam": np.zeros((len(masks), *shape), np.float32)}
    cells = 1 / np.array(shape, np.float64)
    centres = {"grad_cam": np.stack([first * cells, cells])}
    stored = LayerMaps(maps, np.zeros(len(masks), np.int64), np.zeros((len(masks), 2), np.float32), centres)
    monkeypatch.setattr(subjects.LayerMaps, "read", lambda _: stored)
    return subjects.oracle_maps(Path("explanations"), "grad_cam", masks)


def test_cells_that_are_blocks_of_pixels_have_their_means(monkeypatch):
    blocks = MASKS.reshape(3, 4, 2, 4, 2).mean((2, 4))
    expected = enlarge(torch.from_numpy(blocks), (8, 8)).numpy()
    np.testing.assert_allclose(oracle(monkeypatch, (4, 4)), expected)


def test_cells_lie_where_they_were_measured(monkeypatch):
    mask = np.zeros((1, 8, 8), dtype=bool)
    mask[0, 2, 4] = True
    found = oracle(monkeypatch, (4, 4), mask, first=0.25)[0]  # centres on pixels 0, 2, 4 and 6
    assert np.argwhere(found == found.max()).tolist() == [[2, 4]]


def test_a_layer_with_the_slices_resolution_gives_the_mask(monkeypatch):
    np.testing.assert_allclose(oracle(monkeypatch, (8, 8)), MASKS)


def test_coarser_cells_have_less_energy_on_the_nodule(monkeypatch):
    rows, columns = np.mgrid[:32, :32]
    disc = (np.hypot(rows - 15.5, columns - 15.5) < 5)[None]
    truth = Truth(disc, np.ones((1, 2), np.float32))
    shares = [LOCALISATION["energy_share"](oracle(monkeypatch, (n, n), disc), truth)[0] for n in (32, 16, 8, 4)]
    assert shares[0] == pytest.approx(1.0)
    assert shares == sorted(shares, reverse=True)
    assert shares[1] == pytest.approx(0.8, abs=0.08)


def test_a_cell_without_pixels_is_empty():
    place = np.zeros((2, 2), dtype=np.int64)
    cells = mask_at_cells(np.ones((1, 2, 2), dtype=bool), place, place, (1, 2))
    assert cells.tolist() == [[[1.0, 0.0]]]
