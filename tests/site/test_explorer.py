"""The explorer in a browser: filters, keys, links to a state, and 5000 slices."""

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
def page(browser, address):
    """The explorer of the tiny study, ready."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(address + "tiny/explorer/")
    tab.wait_for_selector("[data-ready]")
    yield tab
    context.close()


@pytest.fixture
def visit(page, address):
    """`visit("?method=1")`: the explorer at that address; the test fails if the page logs an error."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def go(query: str = ""):
        page.goto(f"{address}tiny/explorer/{query}")
        page.wait_for_selector("[data-ready]")
        return page

    yield go
    assert errors == []


@pytest.fixture(scope="module")
def data(portfolio):
    return portfolio.artefacts["explorer"].json("explorer.json")


def status(tab) -> str:
    return tab.inner_text("[data-part=status]")


def current(tab) -> str:
    return tab.inner_text("[data-part=heading]")


def test_filters_narrow_the_wall_and_show_the_number_of_slices_left(visit, data):
    tab = visit()
    assert status(tab) == f"{len(data['id'])} of {len(data['id'])} slices."
    tab.select_option("[name=outcome]", "wrong")
    tab.select_option("[name=label]", "1")
    rows = zip(data["label"], data["predicted"], strict=True)
    left = sum(label == 1 and label != predicted for label, predicted in rows)
    assert status(tab).startswith(f"{left} of " if left else "No slice fits")
    assert tab.locator(".tile").count() >= left


def test_an_empty_wall_shows_a_remedy_and_can_be_reset(visit):
    tab = visit("?from=2")
    assert "No slice fits these filters" in status(tab)
    tab.click(".filters button[type=reset]")
    assert "No slice" not in status(tab)


def test_keys_move_choose_and_switch(visit, data):
    tab = visit()
    tab.focus("[role=listbox]")
    for key, index in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", -1), ("Home", 0)):
        tab.keyboard.press(key)
        assert current(tab) == data["id"][index]
    tab.keyboard.press("3")
    assert tab.input_value("[name=method]") == "2"
    tab.keyboard.press(" ")
    assert tab.input_value("[name=blend]") == "0"
    tab.keyboard.press("o")
    assert not tab.is_checked("[name=outline]")
    tab.keyboard.press("?")
    assert tab.is_visible("dialog.keys")
    tab.keyboard.press("Escape")
    assert not tab.is_visible("dialog.keys")


def test_the_current_slice_is_exposed_to_screen_readers(visit, data):
    tab = visit()
    tab.focus("[role=listbox]")
    tab.keyboard.press("ArrowDown")
    active = tab.get_attribute("[role=listbox]", "aria-activedescendant")
    option = tab.locator(f"#{active}")
    assert option.get_attribute("aria-selected") == "true"
    assert option.get_attribute("aria-label").startswith(f"{current(tab)}: ")
    assert option.get_attribute("aria-setsize") == str(len(data["id"]))


def test_scores_are_shown_by_their_names(visit, data):
    tab = visit()
    options = tab.locator("[name=score] option").all_inner_texts()
    assert options == [data["names"][key] for key in data["scores"]]
    assert "energy inside the nodule" in options
    assert (
        tab.locator("[data-part=strips] .strip > span:first-child").all_inner_texts()[0] == data["names"]["probability"]
    )


def test_every_state_is_a_link(visit, browser):
    tab = visit()
    tab.select_option("[name=sort]", "energy_share")
    tab.check("[name=descending]")
    tab.select_option("[name=method]", "1")
    tab.uncheck("[name=outline]")
    tab.focus("[role=listbox]")
    tab.keyboard.press("ArrowRight")
    other = browser.new_page()
    other.goto(tab.url)
    other.wait_for_selector("[data-ready]")
    for name in ("sort", "method", "blend"):
        assert other.input_value(f"[name={name}]") == tab.input_value(f"[name={name}]")
    assert not other.is_checked("[name=outline]")
    assert current(other) == current(tab)
    other.close()


@pytest.mark.parametrize(
    "query",
    [
        "?method=99&score=nothing&slice=nobody",
        "?confidence=x&blend=y",
        "?label=<script>",
        "?score=__proto__",
        "?score=constructor&sort=__proto__",
        "?sort=constructor",
        "?sort=id&method=0.5",
    ],
)
def test_an_invalid_address_shows_the_initial_state(visit, data, query):
    tab = visit(query)
    assert current(tab) == data["id"][0] or "label" in query
    assert tab.input_value("[name=score]") == next(iter(data["scores"]))
    assert tab.input_value("[name=sort]") == ""


def test_the_order_follows_the_score_and_undefined_ones_come_last(visit, data):
    tab = visit("?sort=energy_share&descending=yes")
    shares = data["scores"]["energy_share"][0]
    best = max((share, -index) for index, share in enumerate(shares) if share is not None)
    tab.focus("[role=listbox]")
    tab.keyboard.press("Home")
    assert current(tab) == data["id"][-best[1]]


def test_a_slice_is_drawn_as_its_pixels_and_its_numbers_are_those_of_the_study(visit, data, portfolio):
    tab = visit("?blend=0")
    index = data["id"].index(current(tab))
    assert f"p = {data['probability'][index]:.2f}" in tab.inner_text("[data-part=outcome]")
    tab.wait_for_selector("[data-part=plate] canvas[data-shows$='/0']")
    read = "(canvas) => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    shown = np.array(tab.locator("[data-part=plate] canvas").evaluate(read)).reshape(*data["size"], 4)
    slices = Slices.load(portfolio.artefacts["slices"] / "slices.npz")
    hounsfield = slices.hounsfield[slices.id == current(tab)][0]
    assert np.abs(shown[..., 0] - 255 * np.clip((hounsfield + 1000) / 1400, 0, 1)).max() <= 1


def test_data_that_cannot_be_loaded_are_a_sentence(browser, address):
    tab = browser.new_page()
    tab.route("**/explorer.json", lambda route: route.fulfill(status=404))
    tab.goto(address + "tiny/explorer/")
    tab.wait_for_selector("[data-part=status]:has-text('could not be loaded')")
    tab.close()


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
    explorer.run(
        out=site / "tiny" / "explorer", looks=Looks(method_looks(METHODS), ("a", "b"), (-1000.0, 400.0)), **stages
    )
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
