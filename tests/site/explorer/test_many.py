"""The explorer with 5000 slices: only those in view are in the page, and few files are read."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from camfolio.data.slices import Slices
from camfolio.figures.drawing.looks import Looks
from camfolio.method_words import method_looks
from camfolio.raster import explorer
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.subject import Subject

METHODS = ("grad_cam", "hires_cam", "score_cam")
MANY = 5000


@pytest.fixture(scope="module")
def many(built, tmp_path_factory):
    """The site with 5000 slices of noise in its explorer."""
    site = tmp_path_factory.mktemp("many") / "site"
    shutil.copytree(built.site, site)
    chance, folder = np.random.default_rng(0), tmp_path_factory.mktemp("stages")
    masks = np.zeros((MANY, 32, 32), bool)
    masks[:, 12:20, 12:20] = True
    names = np.array([f"p{i:04d}" for i in range(MANY)])
    hounsfield = chance.normal(-700, 150, masks.shape).astype(np.float32)
    label = np.arange(MANY) % 2
    Slices(hounsfield, label, masks, names, np.ones((MANY, 2), np.float32), names).save(folder / "slices.npz")
    np.save(folder / "part.npy", np.full(MANY, "test"))
    np.save(folder / "logits.npy", chance.normal(size=(MANY, 2)).astype(np.float32))
    maps = chance.random(masks.shape, dtype=np.float32)
    SliceMaps(dict.fromkeys(METHODS, maps), dict.fromkeys(METHODS, maps)).write(folder)
    subjects = [Subject(method) for method in METHODS]
    scores = {f"score_{number}": {subject: chance.random(MANY) for subject in subjects} for number in range(12)}
    SliceScores(scores).write(folder)
    stages = dict.fromkeys(("slices", "split", "predictions", "localisation"), folder)
    looks = Looks(method_looks(METHODS), ("a", "b"), (-1000.0, 400.0))
    explorer.run(out=site / "tiny" / "explorer", looks=looks, primary="score_0", **stages)
    return site


@pytest.mark.slow
def test_of_5000_slices_only_those_in_view_are_in_the_page_while_scrolling(many, browser, serve):
    with serve(many) as address:
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(address + "tiny/explorer/", wait_until="commit")
        tab.wait_for_selector("[data-ready]")
        tab.wait_for_selector(".tile canvas[data-shows]")
        counts = tab.evaluate(SCROLL)
        tab.close()
    assert min(counts) > 0
    assert max(counts) <= IN_SIGHT


@pytest.mark.slow
def test_the_first_view_of_5000_slices_reads_one_sheet_of_each_kind(many, browser, serve):
    with serve(many) as address:
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        tab.goto(address + "tiny/explorer/", wait_until="commit")
        tab.wait_for_selector(".tile canvas[data-shows]")
        tab.wait_for_load_state("networkidle")
        sheets = sorted(name for name in asked if name.endswith(".png"))
        tab.close()
    assert sheets == ["map-0-000.png", "map-1-000.png", "map-2-000.png", "mask-000.png", "slice-000.png"]


IN_SIGHT = 250
"""Largest number of tiles in a window of 1280 x 900, with a few rows above and below; the limit keeps scrolling fast."""
SCROLL = """async () => {
  const wall = document.querySelector(".wall"), counts = [];
  for (let turn = 0; turn < 60; turn++) {
    wall.scrollTop += 400;
    await new Promise(requestAnimationFrame);
    counts.push(document.querySelectorAll(".tile").length);
  }
  return counts;
}"""
"""Number of tiles after each frame while the wall is scrolled by 400 pixels per frame."""
